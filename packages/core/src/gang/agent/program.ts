import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve as resolvePath } from 'node:path'
import { FlowError } from '../../errors/index.js'
import { MAX_TIMER_MS, type ProgramOptions, type ProgramResult } from '../../flow/index.js'
import { Fence, Tail } from '../../process/index.js'
import type { TaskLog } from '../../body/index.js'
import { parseOutput } from './program-output.js'

/** Marks the processes of one program within the fence of its node, so that it can be ended alone. */
export const PROGRAM_VARIABLE = 'FLOW_PROGRAM'

/** Unique on the machine: many gangs run on it, and each counts its own programs. */
export function programMarker(fence: string, id: string): string {
  return `${fence}:${id}`
}

export interface ProgramHost {
  readonly nodeDir: string
  readonly workDir: string
  /** Value of the node's fence. */
  readonly fence: string
  readonly log: TaskLog
  readonly graceMs: number
  /** Environment every program of the node gets, the fence's marker included. */
  environment(): Readonly<Record<string, string>>
  /** Tells when a process is stopped (SIGSTOP). */
  watch(pid: number | undefined): void
}

export interface ProgramSpec {
  /** Unique on this node; names its directory and marks its processes. */
  readonly id: string
  readonly command: readonly string[]
  /** Replaces the node's environment (the markers are always added). */
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly options: ProgramOptions
  /**
   * Called when the program is being ended early, before it hears of it. With `true` it hears nothing: it ends by itself,
   * at the latest after the grace.
   */
  readonly onEnding?: (() => boolean) | undefined
  /** Called when its process has ended, with the signal that ended it; its output may come yet. */
  readonly onExit?: ((signal: NodeJS.Signals | null) => void) | undefined
}

/** Runs one program to its end and says how it went. Rejects only when it could not be started. */
export async function runProgram(host: ProgramHost, spec: ProgramSpec): Promise<ProgramResult> {
  const { options, command } = spec
  const files = ProgramFiles.make(join(host.nodeDir, `program.${spec.id}`), options.input)
  try {
    const env = {
      ...(spec.env ?? host.environment()),
      ...files.env,
      ...options.env,
      [PROGRAM_VARIABLE]: programMarker(host.fence, spec.id),
    }
    const started = performance.now()
    const child = await start(command, {
      cwd: resolvePath(host.workDir, options.cwd ?? '.'),
      env,
    })
    host.watch(child.pid)
    const output = follow(child, host.log, options.onLine)
    const ending = watchForEnd(child, host, spec)
    const { exitCode, signal } = await ended(child)
    spec.onExit?.(signal)
    ending.stop()
    await output.drained
    return {
      command: [...command],
      exitCode,
      signal,
      durationMs: performance.now() - started,
      timedOut: ending.why === 'timeout',
      isCanceled: ending.why === 'signal',
      ranks: [],
      stdout: output.stdout.toString(),
      stderr: output.stderr.toString(),
      output: await files.output(exitCode === 0 && ending.why === undefined),
    }
  } finally {
    files.remove()
  }
}

/** `$FLOW_INPUT` and `$FLOW_OUTPUT` of a program. */
export class ProgramFiles {
  private constructor(
    readonly dir: string,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  static make(dir: string, input: unknown): ProgramFiles {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const env = { FLOW_INPUT: join(dir, 'input.json'), FLOW_OUTPUT: join(dir, 'output.json') }
    writeFileSync(env.FLOW_INPUT, JSON.stringify(input ?? null), { mode: 0o600 })
    return new ProgramFiles(dir, env)
  }

  async output(isWell: boolean): Promise<unknown> {
    const path = join(this.dir, 'output.json')
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    return parseOutput(text, 'the program', isWell)
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

async function start(
  command: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string> },
): Promise<ChildProcess> {
  const [file, ...args] = command
  if (file === undefined)
    throw new FlowError('FLOW_PROGRAM_EMPTY', {
      message: 'The command to run is empty.',
      fix: 'Give at least the name of a program.',
    })
  const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause: NodeJS.ErrnoException) => reject(notStarted(file, options.cwd, cause)))
  })
  return child
}

function notStarted(file: string, cwd: string, cause: NodeJS.ErrnoException): FlowError {
  // The system says the same of a program and of a folder that is not there.
  if (cause.code === 'ENOENT' && !existsSync(cwd)) {
    return new FlowError('FLOW_PROGRAM_NOT_STARTED', {
      message: `Program '${file}' could not be started: there is no folder ${cwd} to start it in`,
      fix: "Correct `cwd`: a relative one begins at the node's working directory.",
      details: { program: file, errno: cause.code, folder: cwd },
      cause,
    })
  }
  return new FlowError('FLOW_PROGRAM_NOT_STARTED', {
    message: `Program '${file}' could not be started: ${cause.code === 'ENOENT' ? 'no such program' : cause.message}`,
    why: `It was looked for in the step's PATH, from ${cwd}.`,
    fix:
      cause.code === 'EACCES'
        ? 'Make it executable (chmod +x).'
        : 'Check its name, install it, or add its folder to the PATH with @environment.',
    details: { program: file, errno: cause.code },
    cause,
  })
}

interface Output {
  readonly stdout: Tail
  readonly stderr: Tail
  /** Settles when both streams ended, or soon after the program's end when a child of it keeps them open. */
  readonly drained: Promise<void>
}

/** A descendant may hold the pipe for ever; what it writes later is not this program's. */
const DRAIN_MS = 250

function follow(child: ChildProcess, log: TaskLog, onLine: ProgramOptions['onLine']): Output {
  const stdout = new Tail()
  const stderr = new Tail()
  const channels = [
    { name: 'stdout', stream: child.stdout, tail: stdout },
    { name: 'stderr', stream: child.stderr, tail: stderr },
  ] as const
  const ends = channels.map(({ name, stream, tail }) => {
    if (stream === null) return Promise.resolve()
    const sink = log.sink(name, undefined, onLine)
    stream.on('data', (chunk: Buffer) => {
      tail.push(chunk)
      const wait = sink.write(chunk)
      if (wait !== undefined) {
        stream.pause()
        void wait.catch(() => undefined).then(() => stream.resume())
      }
    })
    return new Promise<void>(resolve =>
      stream.once('close', () => {
        sink.end()
        resolve()
      }),
    )
  })
  const drained = new Promise<void>(resolve => {
    void Promise.all(ends).then(() => resolve())
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, DRAIN_MS).unref()
    })
  })
  return { stdout, stderr, drained }
}

function ended(child: ChildProcess): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  return new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null)
      resolve({ exitCode: child.exitCode, signal: child.signalCode })
    else child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
}

/** Ends the program on its timeout or when its caller aborts: SIGTERM to all of it, grace, SIGKILL. */
function watchForEnd(
  child: ChildProcess,
  host: ProgramHost,
  spec: ProgramSpec,
): { why: 'timeout' | 'signal' | undefined; stop(): void } {
  const { timeout, signal } = spec.options
  const watch: { why: 'timeout' | 'signal' | undefined; stop(): void } = { why: undefined, stop: () => undefined }
  const members = new Fence(programMarker(host.fence, spec.id), { variable: PROGRAM_VARIABLE })
  const end = (why: 'timeout' | 'signal'): void => {
    if (watch.why !== undefined) return
    watch.why = why
    void (spec.onEnding?.() === true ? members.killAfter(host.graceMs) : members.sweep(host.graceMs))
  }
  // A timer that is set to more would end at once.
  const timer = timeout === undefined || timeout > MAX_TIMER_MS ? undefined : setTimeout(end, timeout, 'timeout')
  const onAbort = (): void => end('signal')
  if (signal?.aborted === true) onAbort()
  else signal?.addEventListener('abort', onAbort, { once: true })
  watch.stop = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  return watch
}
