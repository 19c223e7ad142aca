/** The extension that {@link conformance} tries, as a flow's author uses it. */
export interface ExtensionUnderTest {
  /** Names it in reports. */
  readonly name: string
  /** Import lines of the flow, such as `import { mpi } from '@flow/mpi'`. `@flow/core` is imported already. */
  readonly imports: string
  /** The step's decorators, as they stand above `@step`: `@mpi()`, with `@pypi(...)` and `@resources(...)` if needed. */
  readonly decorators: string
  /**
   * A folder from which these packages are found, the extension's own among them. Default: the working directory, which
   * is the extension's folder when its tests run there.
   */
  readonly from?: string | undefined
}

/**
 * A program whose ranks {@link conformance} watches. Statements are those of the step's body; in them `this.how` and `this.dir` are
 * the first two arguments for the rank program, and the third is the number of ranks.
 *
 * Three rank programs lie beside the flow: `conformance-rank.sh` (rank number from the variables of MPI, torchrun or
 * Flow), `conformance_rank.py` (the same; or import its `run(rank)` after the framework's set-up), and for a step whose
 * bodies are the ranks `runRank(rank, ranks, this)` of `./conformance-rank.js`, which the flow has imported.
 */
export interface ProgramUnderTest {
  /** Number of nodes. Default: 2. */
  readonly nodes?: number | undefined
  /** Number of ranks, over all nodes. */
  readonly ranks: number
  /** The node of the last rank, the one that fails. Default: the last node. */
  readonly lastRankOn?: number | undefined
  /** Runs the rank program: `await current.mpi.run({ program: ['sh', 'conformance-rank.sh', this.how, this.dir, '4'] })`. */
  readonly run: string
  /** The same for a program that is not there. Left out where the extension runs no program. */
  readonly missing?: string | undefined
  /** More files of the project, by path. */
  readonly files?: Readonly<Record<string, string>> | undefined
  /** Processes of the framework that are killed and stopped, too: the launcher, a daemon. */
  readonly launchers?: readonly LauncherUnderTest[] | undefined
  /**
   * Milliseconds that the framework itself takes to see the end of a rank or of a process of its own, and to say so.
   * Default: 0. What the gang sees itself (a node, its agent, Ctrl-C) has no such allowance.
   */
  readonly detectionMs?: number | undefined
  /** The framework may end ranks by SIGKILL itself before they hear SIGTERM. Default: false. */
  readonly endsRanksItself?: boolean | undefined
}

/** A process of the framework, for {@link conformance}. */
export interface LauncherUnderTest {
  /** As reports call it: `mpirun`, `a daemon`. */
  readonly name: string
  /** Fits its command line, the words joined by spaces. */
  readonly command: RegExp
  /** The node on which it runs. */
  readonly node: number
  /** What the run has to say of its end. Default: its node or its name, and the signal. */
  readonly says?: RegExp | undefined
  /** With it the framework may end its ranks by SIGKILL, before they hear SIGTERM. Default: false. */
  readonly takesRanksAlong?: boolean | undefined
}
