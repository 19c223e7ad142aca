/**
 * Every code @flow/deepspeed can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(deepspeedErrorCodes)) console.log(code, meaning)
 */
export const deepspeedErrorCodes = {
  FLOW_DEEPSPEED_CANCELED: "A DeepSpeed program was ended because the call's `signal` was aborted.",
  FLOW_DEEPSPEED_HOSTFILE: 'The hostfile of a DeepSpeed run cannot be read, or names no nodes of the gang.',
  FLOW_DEEPSPEED_LAUNCHER_MISSING: 'The program that a launcher of DeepSpeed needs (mpirun, pdsh) is not there.',
  FLOW_DEEPSPEED_LAUNCH_FAILED: 'A launcher of DeepSpeed failed, and no rank did.',
  FLOW_DEEPSPEED_MISSING: 'There is no Python with DeepSpeed on the PATH of the step.',
  FLOW_DEEPSPEED_OPTIONS: 'Options of `@deepspeed()` or of `current.deepspeed.run()` cannot be.',
  FLOW_DEEPSPEED_PROGRAM_INVALID: 'The entrypoint of a DeepSpeed program cannot be understood.',
  FLOW_DEEPSPEED_PROGRAM_MISSING: 'The program to run was not found on a node, or cannot be executed there.',
  FLOW_DEEPSPEED_RANK_FAILED: 'A rank of a DeepSpeed program ended with a non-zero exit code.',
  FLOW_DEEPSPEED_RANK_KILLED: 'A rank of a DeepSpeed program was ended by a signal.',
  FLOW_DEEPSPEED_TIMEOUT: 'A DeepSpeed program ran longer than its `timeout`.',
} as const satisfies Record<string, string>
