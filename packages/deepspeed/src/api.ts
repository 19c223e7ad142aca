import type { ArgumentRecord, ProgramOptions, ProgramResult, PythonEntrypoint, Words } from '@flow/core'

/**
 * How ranks are started: 'perNode' starts DeepSpeed's launcher on each node (what `deepspeed --no_ssh` does by hand) and
 * needs nothing else; 'pdsh' lets pdsh start the same, by SSH where `@deepspeed()` says it; 'openmpi' and 'mpich' start the ranks by mpirun. Of
 * {@link DeepSpeedRunOptions}.
 */
export type DeepSpeedLauncher = 'perNode' | 'pdsh' | 'openmpi' | 'mpich'

/** What `run` of {@link DeepSpeedApi} runs, and how. */
export interface DeepSpeedRunOptions extends ProgramOptions, PythonEntrypoint {
  /** Options of the command `deepspeed`, as words or as a record: `{ numGpus: 2, hostfile: 'hosts' }`. */
  readonly deepspeedArgs?: Words | ArgumentRecord | undefined
  /** Default: `--launcher` among `deepspeedArgs`, else the option of `@deepspeed()`, else 'perNode'. */
  readonly launcher?: DeepSpeedLauncher | undefined
}

/** `current.deepspeed`: DeepSpeed on the nodes of this gang. It lives on control, where the step's body runs. */
export interface DeepSpeedApi {
  /**
   * Runs a program by DeepSpeed's launcher on all nodes. A program written for the command `deepspeed` runs unchanged.
   *
   * @returns What became of it: every rank ended with 0. `output` is what rank 0 wrote to `$FLOW_OUTPUT`.
   * @throws `FLOW_DEEPSPEED_RANK_FAILED`, `FLOW_DEEPSPEED_RANK_KILLED`, `FLOW_DEEPSPEED_PROGRAM_MISSING`,
   * `FLOW_DEEPSPEED_PROGRAM_INVALID`, `FLOW_DEEPSPEED_OPTIONS`, `FLOW_DEEPSPEED_HOSTFILE`, `FLOW_DEEPSPEED_MISSING`,
   * `FLOW_DEEPSPEED_LAUNCHER_MISSING`, `FLOW_DEEPSPEED_TIMEOUT`, `FLOW_DEEPSPEED_CANCELED`,
   * `FLOW_DEEPSPEED_LAUNCH_FAILED`, `FLOW_PROGRAM_NOT_STARTED`. `error.details` has what `run` would have
   * returned, and the first rank that failed as `firstFailedRank`.
   *
   * @example
   * const { output } = await current.deepspeed.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
   */
  run(options: DeepSpeedRunOptions): Promise<ProgramResult>
}
