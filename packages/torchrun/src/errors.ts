/**
 * Every code @flow/torchrun can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(torchrunErrorCodes)) console.log(code, meaning)
 */
export const torchrunErrorCodes = {
  FLOW_TORCHRUN_CANCELED: "A torchrun program was ended because the call's `signal` was aborted.",
  FLOW_TORCHRUN_LAUNCH_FAILED: 'torchrun failed, and no rank did.',
  FLOW_TORCHRUN_MISSING: 'There is no Python with PyTorch on the PATH of the step.',
  FLOW_TORCHRUN_NODES_MISSING: 'Not all nodes of the gang called `current.torch.run()` in time.',
  FLOW_TORCHRUN_OPTIONS: 'Options of `@torchrun()` or of `current.torch.run()` cannot be.',
  FLOW_TORCHRUN_PROGRAM_INVALID: 'The entrypoint of a torchrun program cannot be understood.',
  FLOW_TORCHRUN_PROGRAM_MISSING: 'The program to run was not found on a node, or cannot be executed there.',
  FLOW_TORCHRUN_RANK_FAILED: 'A rank of a torchrun program ended with a non-zero exit code.',
  FLOW_TORCHRUN_RANK_KILLED: 'A rank of a torchrun program was ended by a signal.',
  FLOW_TORCHRUN_TIMEOUT: 'A torchrun program ran longer than its `timeout`.',
} as const satisfies Record<string, string>
