/** Where a line of output came from; `onLine` of {@link ProgramOptions} gets it. */
export interface LineSource {
  readonly stream: 'stdout' | 'stderr'
  /** Index of the node, where it is known. */
  readonly node?: number | undefined
  /** Rank of the process, where it is known. */
  readonly rank?: number | undefined
}

/**
 * How a program runs.
 *
 * @example
 * const options: ProgramOptions = {
 *   env: { OMP_NUM_THREADS: '1' },
 *   timeout: 60_000,
 *   input: { steps: 100 },
 *   onLine: (text, { stream, node }) => console.log(node, stream, text),
 * }
 * const { output } = await current.gang.exec(1, ['python3', 'fit.py'], options)
 */
export interface ProgramOptions {
  /** Working directory: absolute, or below that of the node, which is the default. */
  readonly cwd?: string | undefined
  /** Added to the environment of the node; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Milliseconds until the program is ended. Default: none. */
  readonly timeout?: number | undefined
  /** Ends the program when aborted. */
  readonly signal?: AbortSignal | undefined
  /** What the program finds as JSON in the file `$FLOW_INPUT`. */
  readonly input?: unknown
  /** Gets every line of the program's output, without its line end. */
  readonly onLine?: ((text: string, from: LineSource) => void) | undefined
}

/** How one rank of a program ended: one of `ranks` in a {@link ProgramResult}. */
export interface RankResult {
  readonly rank: number
  /** Index of the node it ran on. */
  readonly node: number
  readonly exitCode: number | null
  /** Name of the signal that ended it, e.g. 'SIGKILL'. */
  readonly signal: string | null
}

/**
 * What started the ranks and is why they failed, in a {@link ProgramResult}: the launcher itself, e.g. mpirun, or its
 * daemon on a node. It was killed, or (a daemon) it failed before any rank started.
 *
 * @example
 * const { launcherEnd } = await current.gang.exec(1, ['df', '-h', '.'])
 * if (launcherEnd !== undefined) console.log(`${launcherEnd.what} on node ${launcherEnd.node}: ${launcherEnd.signal ?? launcherEnd.exitCode}`)
 */
export interface LauncherEnd {
  readonly what: 'launcher' | 'launcher daemon'
  readonly node: number
  /** null when a signal ended it. */
  readonly exitCode: number | null
  /** Name of the signal that ended it, e.g. 'SIGKILL'. */
  readonly signal: string | null
}

/**
 * How a program ended: one shape for success and failure.
 *
 * @example
 * const result: ProgramResult = await current.gang.exec(1, ['df', '-h', '.'])
 * if (result.exitCode !== 0) throw new Error(`df ended by ${result.signal ?? result.exitCode}: ${result.stderr}`)
 * console.log(result.stdout)
 */
export interface ProgramResult {
  readonly command: readonly string[]
  /** null when a signal ended it. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly durationMs: number
  /** It ran longer than its `timeout`. */
  readonly timedOut: boolean
  /** Its `signal` was aborted. */
  readonly isCanceled: boolean
  /** Empty for a program without ranks. */
  readonly ranks: readonly RankResult[]
  /** Of a program with ranks: the launcher, or a daemon of it, when its end is why the program failed. */
  readonly launcherEnd?: LauncherEnd | undefined
  /** The last part of its output, bounded; `onLine` gets all of it. */
  readonly stdout: string
  readonly stderr: string
  /** The JSON that rank 0 (or the program itself) wrote to `$FLOW_OUTPUT`; undefined when it wrote none. */
  readonly output: unknown
}
