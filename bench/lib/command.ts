import { type ChildProcess, spawn } from 'node:child_process'

export interface CommandOptions {
  readonly cwd?: string | undefined
  /** Its whole environment. */
  readonly env: NodeJS.ProcessEnv
  /** `keep` returns it; `discard` (the default) gives the program a sink that never makes it wait. */
  readonly stdout?: 'keep' | 'discard' | undefined
  /** What it has to exit with. Default 0. */
  readonly exitCode?: number | undefined
}

export interface CommandResult {
  readonly seconds: number
  readonly stdout: string
}

/** Somebody pressed Ctrl-C: nothing more is to be measured. */
export class Interrupted extends Error {}

const running = new Set<ChildProcess>()
let isInterrupted = false
// What runs now gets the signal too, and cleans up after its own children; a second signal ends the bench at once.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    isInterrupted = true
    for (const child of running) child.kill(signal)
  })
}

/** Runs a program to its end and takes the time from its start to its last byte of output. */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<CommandResult> {
  const [program, ...args] = command
  const output: Buffer[] = []
  const errors: Buffer[] = []
  const start = performance.now()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', options.stdout === 'keep' ? 'pipe' : 'ignore', 'pipe'],
  })
  running.add(child)
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk))
  const end = await new Promise<string | number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'nothing'))
  }).finally(() => running.delete(child))
  const seconds = (performance.now() - start) / 1000
  if (isInterrupted) throw new Interrupted('interrupted')
  const stdout = Buffer.concat(output).toString()
  if (end === (options.exitCode ?? 0)) return { seconds, stdout }
  const tail = `${stdout}\n${Buffer.concat(errors).toString()}`.trim().split('\n').slice(-15).join('\n')
  throw new Error(`${command.join(' ')} ended with ${end}:\n${tail}`)
}
