/**
 * Every code @flow/tensorflow can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(tensorflowErrorCodes)) console.log(code, meaning)
 */
export const tensorflowErrorCodes = {
  FLOW_TENSORFLOW_CANCELED: "A TensorFlow program was ended because the call's `signal` was aborted.",
  FLOW_TENSORFLOW_LAUNCH_FAILED: 'What starts the ranks of a TensorFlow program failed, and no rank did.',
  FLOW_TENSORFLOW_MISSING: 'There is no Python with TensorFlow on the PATH of the step.',
  FLOW_TENSORFLOW_NODES_MISSING: 'Not all nodes of the gang called `current.tensorflow.run()` in time.',
  FLOW_TENSORFLOW_OPTIONS: 'Options of `@tensorflow()` or of `current.tensorflow.run()` cannot be.',
  FLOW_TENSORFLOW_PROGRAM_INVALID: 'The entrypoint of a TensorFlow program cannot be understood.',
  FLOW_TENSORFLOW_PROGRAM_MISSING: 'The program to run was not found on a node, or cannot be executed there.',
  FLOW_TENSORFLOW_RANK_FAILED: 'A rank of a TensorFlow program ended with a non-zero exit code.',
  FLOW_TENSORFLOW_RANK_KILLED: 'A rank of a TensorFlow program was ended by a signal.',
  FLOW_TENSORFLOW_TIMEOUT: 'A TensorFlow program ran longer than its `timeout`.',
} as const satisfies Record<string, string>
