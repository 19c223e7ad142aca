import type { ProgramOptions, ProgramResult, PythonEntrypoint } from '@flow/core'

/** What `run` of {@link TensorflowApi} runs, and how. */
export interface TensorflowRunOptions extends ProgramOptions, PythonEntrypoint {
  /** Ranks of each node. Default: the option of `@tensorflow()`, else 1: TensorFlow uses all of a node by itself. */
  readonly nprocPerNode?: number | undefined
}

/** `current.tensorflow`: TensorFlow on the nodes of this gang. Every node runs the step's body, and every body calls it. */
export interface TensorflowApi {
  /**
   * Runs a program on every node, each rank with a `TF_CONFIG` that names all of them and itself: what
   * `tf.distribute.MultiWorkerMirroredStrategy()` and the other strategies over several machines read. A program
   * written for it runs unchanged. Several may run at once: the n-th call of each body is the same program.
   *
   * @returns What became of it; `ranks` are this node's (global rank numbers), `output` is what a rank of this node wrote
   * to `$FLOW_OUTPUT`.
   * @throws `FLOW_TENSORFLOW_RANK_FAILED`, `FLOW_TENSORFLOW_RANK_KILLED`, `FLOW_TENSORFLOW_PROGRAM_MISSING`,
   * `FLOW_TENSORFLOW_PROGRAM_INVALID`, `FLOW_TENSORFLOW_OPTIONS`, `FLOW_TENSORFLOW_MISSING`, `FLOW_TENSORFLOW_TIMEOUT`,
   * `FLOW_TENSORFLOW_CANCELED`, `FLOW_TENSORFLOW_LAUNCH_FAILED`, `FLOW_TENSORFLOW_NODES_MISSING`.
   * The same rank is named on every node: the one that failed first. `error.details` has what `run` would have returned.
   *
   * @example
   * const { output } = await current.tensorflow.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
   */
  run(options: TensorflowRunOptions): Promise<ProgramResult>
}
