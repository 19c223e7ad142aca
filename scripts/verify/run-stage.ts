import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { countTests, type Counts } from './count-tests.ts'
import type { Stage } from './stages.ts'

/** Runs one stage with its output on this terminal, and counts what passed. Never throws: what cannot run has failed. */
export async function runStage(stage: Stage, reports: string, signal: AbortSignal): Promise<Counts> {
  const report = join(reports, `${stage.name}.json`)
  const [command, ...args] = stage.command
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const exitCode = await run(command, stage.kind === 'tests' ? [...args, ...reporters] : args, stage.minutes, signal)
  if (stage.kind === 'tests') return countTests(report, exitCode)
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

function run(command: string, args: readonly string[], minutes: number, signal: AbortSignal): Promise<number> {
  return new Promise(resolve => {
    // A process group of its own, so that a stage that hangs is ended with everything it started.
    const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
    const end = () => child.pid !== undefined && killGroup(child.pid)
    const timer = setTimeout(() => {
      console.error(`stopped: it ran longer than ${minutes} minutes`)
      end()
    }, minutes * 60_000)
    signal.addEventListener('abort', end, { once: true })
    const settle = (exitCode: number) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve(exitCode)
    }
    child.once('error', error => {
      console.error(String(error))
      settle(127)
    })
    child.once('exit', code => settle(code ?? 1))
  })
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in the meantime.
  }
}
