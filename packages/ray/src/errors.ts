/**
 * Every code @flow/ray can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(rayErrorCodes)) console.log(code, meaning)
 */
export const rayErrorCodes = {
  FLOW_RAY_CANCELED: "A program on the Ray cluster was ended because the call's `signal` was aborted.",
  FLOW_RAY_LAUNCH_FAILED: 'What starts programs on the Ray cluster failed, and the program did not.',
  FLOW_RAY_MISSING: 'There is no Ray on the PATH of the step, or a part of it is missing.',
  FLOW_RAY_NODES_MISSING: 'Not all nodes of the gang joined the Ray cluster in time.',
  FLOW_RAY_NODE_LOST: 'Ray ended on a node while the step ran.',
  FLOW_RAY_OPTIONS: 'An option of `@ray()` cannot be.',
  FLOW_RAY_PROGRAM_INVALID: 'The program of a Ray run or job cannot be understood.',
  FLOW_RAY_PROGRAM_MISSING: 'The program to run was not found, or cannot be executed.',
  FLOW_RAY_RANK_FAILED: 'A program on the Ray cluster, or a Ray job, ended with a non-zero exit code.',
  FLOW_RAY_RANK_KILLED: 'A program on the Ray cluster was ended by a signal.',
  FLOW_RAY_START_FAILED: '`ray start` failed on a node, or was not ready in time.',
  FLOW_RAY_TIMEOUT: 'A program on the Ray cluster ran longer than its `timeout`.',
} as const satisfies Record<string, string>

/** A code of {@link rayErrorCodes}. */
export type RayErrorCode = keyof typeof rayErrorCodes
