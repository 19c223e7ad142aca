/**
 * Every code @flow/mpi can raise, with its one-line meaning. `docs/errors.md` has one row for each.
 *
 * @example
 * for (const [code, meaning] of Object.entries(mpiErrorCodes)) console.log(code, meaning)
 */
export const mpiErrorCodes = {
  FLOW_MPI_ABORTED: 'A rank called MPI_Abort.',
  FLOW_MPI_CANCELED: "An MPI program was ended because the call's `signal` was aborted.",
  FLOW_MPI_COMPILE_FAILED: 'An MPI compiler (mpicc, mpicxx, mpifort) reported errors.',
  FLOW_MPI_LAUNCH_FAILED: 'mpirun or a daemon of it failed, and no rank did before.',
  FLOW_MPI_MISSING: 'There is no MPI on the PATH of the step, or a part of it is missing.',
  FLOW_MPI_OPTIONS: 'An option of `@mpi()` cannot be.',
  FLOW_MPI_PROGRAM_INVALID: 'The program of an MPI run cannot be understood.',
  FLOW_MPI_PROGRAM_MISSING: 'The program to run was not found on a node, or cannot be executed there.',
  FLOW_MPI_RANK_FAILED: 'A rank of an MPI program ended with a non-zero exit code.',
  FLOW_MPI_RANK_KILLED: 'A rank of an MPI program was ended by a signal.',
  FLOW_MPI_SLOTS: 'More ranks were asked for than the nodes of the gang have slots.',
  FLOW_MPI_TIMEOUT: 'An MPI program ran longer than its `timeout`.',
  FLOW_MPI_UNKNOWN: 'The mpirun on the PATH belongs to no MPI that Flow knows.',
} as const satisfies Record<string, string>

/** A code of {@link mpiErrorCodes}. */
export type MpiErrorCode = keyof typeof mpiErrorCodes
