import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

/** A new directory that goes away with the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'flow-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A process that ends with the test, and its group with it. */
export function start(command: readonly [string, ...string[]], options: SpawnOptions = {}): ChildProcess {
  const [file, ...args] = command
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'ignore'], ...options, detached: true })
  onTestFinished(() => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  })
  return child
}

/** Runs a shell program in this environment and returns its first line once it has printed it. */
export async function shell(
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<{ child: ChildProcess; line: string }> {
  const child = start(['/bin/sh', '-c', program], { env: { PATH: process.env['PATH'] ?? '', ...env } })
  return { child, line: await firstLine(child) }
}

export async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not piped')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line
}

/** False once the process is gone or a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat[stat.lastIndexOf(')') + 2] !== 'Z'
  } catch {
    return false
  }
}

export async function exitOf(child: ChildProcess): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return { exitCode: child.exitCode, signal: child.signalCode }
}
