import type { ProgramOptions, ProgramResult, Words } from '@flow/core'

/** Words of a command line for {@link MpiApi}; numbers are written out. */
export type MpiArguments = Words

/** What `run` and `exec` of {@link MpiApi} run, and how. */
export interface MpiRunOptions extends ProgramOptions {
  /** Words for mpirun itself. Without a number of ranks among them (`-n`), every slot of the gang gets one. */
  readonly args?: MpiArguments | undefined
  /**
   * The program of each rank: a string is split into words as a shell would (quotes and backslashes count; nothing is
   * expanded), a list is taken as it is.
   */
  readonly program: string | MpiArguments
  /** Words for the program, taken as they are. */
  readonly programArgs?: MpiArguments | undefined
}

/** What `cc`, `cxx` and `fc` of {@link MpiApi} compile, and how. */
export interface MpiCompileOptions extends Pick<ProgramOptions, 'cwd' | 'env' | 'timeout' | 'signal' | 'onLine'> {
  /** Words for the compiler, e.g. `['-O2', '-o', 'hello', 'hello.c']`. */
  readonly args: MpiArguments
}

/** `current.mpi`: MPI on the nodes of this gang. It lives on control, where the step's body runs. */
export interface MpiApi {
  /**
   * Compiles C with mpicc, on control, in the step's working directory.
   *
   * @throws `FLOW_MPI_COMPILE_FAILED` with what the compiler said, `FLOW_MPI_MISSING`.
   *
   * @example
   * await current.mpi.cc({ args: ['-O2', '-o', 'hello', 'hello.c'] })
   */
  cc(options: MpiCompileOptions): Promise<ProgramResult>
  /** Compiles C++ with mpicxx; otherwise as {@link cc}. */
  cxx(options: MpiCompileOptions): Promise<ProgramResult>
  /** Compiles Fortran with mpifort (mpifc, mpif90); otherwise as {@link cc}. */
  fc(options: MpiCompileOptions): Promise<ProgramResult>
  /**
   * Copies a file or directory of control's working directory to the same place on every node.
   *
   * @param path Relative to the working directory.
   *
   * @example
   * await current.mpi.broadcastFile('hello')
   */
  broadcastFile(path: string): Promise<void>
  /**
   * Runs a parallel program by mpirun, on all nodes.
   *
   * @returns What became of it; every rank ended with 0.
   * @throws `FLOW_MPI_RANK_FAILED`, `FLOW_MPI_RANK_KILLED`, `FLOW_MPI_ABORTED`, `FLOW_MPI_PROGRAM_MISSING`,
   * `FLOW_MPI_PROGRAM_INVALID`, `FLOW_MPI_SLOTS`, `FLOW_MPI_TIMEOUT`, `FLOW_MPI_CANCELED`, `FLOW_MPI_LAUNCH_FAILED`,
   * `FLOW_MPI_MISSING`, `FLOW_MPI_UNKNOWN`. `error.details` has what `run` would have returned, and the first rank that
   * failed as `firstFailedRank`.
   *
   * @example
   * const { output } = await current.mpi.run({ args: ['-n', 8], program: 'python train.py', input: { steps: 100 } })
   */
  run(options: MpiRunOptions): Promise<ProgramResult>
  /** The same by mpiexec. */
  exec(options: MpiRunOptions): Promise<ProgramResult>
}
