import type { ArgumentRecord, ProgramOptions, ProgramResult, PythonEntrypoint, Words } from '@flow/core'

/** What `run` of {@link TorchApi} runs, and how. */
export interface TorchRunOptions extends ProgramOptions, PythonEntrypoint {
  /** Words for torchrun itself, or a record: `{ maxRestarts: 3 }`. What Flow sets itself can be overridden here. */
  readonly torchrunArgs?: Words | ArgumentRecord | undefined
  /** Ranks of each node. Default: the option of `@torchrun()`, else the GPUs of `@resources({ gpu })`, else its slots. */
  readonly nprocPerNode?: number | undefined
}

/** `current.torch`: torchrun on the nodes of this gang. Every node runs the step's body, and every body calls it. */
export interface TorchApi {
  /**
   * Runs a program by torchrun: this node's agent of it, together with those of the other nodes. A program written for
   * torchrun runs unchanged. Several may run at once: the n-th call of each body is the same program.
   *
   * @returns What became of it; `ranks` are this node's (global rank numbers), `output` is what rank 0 wrote to
   * `$FLOW_OUTPUT`, on its node: node 0, but with restarts or an elastic range that of the lowest address.
   * @throws `FLOW_TORCHRUN_RANK_FAILED`, `FLOW_TORCHRUN_RANK_KILLED`, `FLOW_TORCHRUN_PROGRAM_MISSING`,
   * `FLOW_TORCHRUN_PROGRAM_INVALID`, `FLOW_TORCHRUN_OPTIONS`, `FLOW_TORCHRUN_MISSING`, `FLOW_TORCHRUN_TIMEOUT`,
   * `FLOW_TORCHRUN_CANCELED`, `FLOW_TORCHRUN_LAUNCH_FAILED`, `FLOW_TORCHRUN_NODES_MISSING`.
   * The same rank is named on every node: the one that failed first. `error.details` has what `run` would have returned.
   *
   * @example
   * const { output } = await current.torch.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
   */
  run(options: TorchRunOptions): Promise<ProgramResult>
}
