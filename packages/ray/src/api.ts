import type { ArgumentRecord, ProgramOptions, ProgramResult, Words } from '@flow/core'

/** A node of the Ray cluster: one of `nodes` of {@link RayApi}. */
export interface RayNode {
  /** Its index in the gang; 0 is control, which is Ray's head. */
  readonly node: number
  readonly address: string
  /** Ray's own id of it. */
  readonly id: string
  /** What Ray schedules on it, e.g. `{ CPU: 2, memory: 1e9 }` (memory in bytes). */
  readonly resources: Readonly<Record<string, number>>
}

/** What `run` of {@link RayApi} runs on the cluster, and how. */
export interface RayRunOptions extends ProgramOptions {
  /**
   * A Python file or module (`'train.py'`, `'-m app.train'`), run by the Python that Ray is installed in, or any other
   * command. A string is split into words as a shell would (quotes and backslashes count; nothing is expanded), a list is
   * taken as it is.
   */
  readonly entrypoint: string | Words
  /** Its arguments: a list is taken as it is, `{ epochs: 3, dryRun: true }` is `--epochs=3 --dry-run`. */
  readonly entrypointArgs?: Words | ArgumentRecord | undefined
}

/** What `submit` of {@link RayApi} hands to Ray as a job, and how. `env` is that of the job's `runtime_env`. */
export interface RayJobOptions extends RayRunOptions {
  /**
   * More of Ray's `runtime_env`, e.g. `{ working_dir: 'https://.../app.zip' }`: the entrypoint lies in that directory
   * then. With `pip`, `uv`, `conda` or `py_executable` a Python file or module is run by the `python` that Ray has on the
   * job's PATH.
   */
  readonly runtimeEnv?: Readonly<Record<string, unknown>> | undefined
  /** Shown beside the job by Ray. */
  readonly metadata?: Readonly<Record<string, string>> | undefined
}

/** How a job that `submit` of {@link RayApi} handed over ended: {@link ProgramResult}, and Ray's id of it. */
export interface RayJobResult extends ProgramResult {
  readonly jobId: string
}

/** `current.ray`: the Ray cluster of this step. It lives on control, where the step's body runs. */
export interface RayApi {
  /** What `ray.init()` takes, and RAY_ADDRESS holds: `host:port`. */
  readonly address: string
  /** Of the dashboard and of Ray's job API; undefined where Ray was installed without them. */
  readonly dashboardUrl: string | undefined
  /** All nodes, as Ray knew them before the body began. */
  readonly nodes: readonly RayNode[]
  /**
   * For checkpoints and results of Ray Train and Tune (`RunConfig(storage_path=...)`), also in $FLOW_RAY_STORAGE_PATH. A
   * directory of control that goes away with the attempt, unless `@ray({ storagePath })` names another one.
   */
  readonly storagePath: string
  /**
   * Runs a program on control that uses the cluster: `ray.init()` in it finds it.
   *
   * @returns What became of it; it ended with 0. It is rank 0; `output` is the JSON that it wrote to `$FLOW_OUTPUT`.
   * @throws `FLOW_RAY_RANK_FAILED` (with its Python traceback), `FLOW_RAY_RANK_KILLED`, `FLOW_RAY_PROGRAM_MISSING`,
   * `FLOW_RAY_PROGRAM_INVALID`, `FLOW_RAY_TIMEOUT`, `FLOW_RAY_CANCELED`, `FLOW_RAY_LAUNCH_FAILED`. `error.details` has
   * what `run` would have returned.
   *
   * @example
   * const { output } = await current.ray.run({ entrypoint: 'train.py', input: { rounds: 20 } })
   */
  run(options: RayRunOptions): Promise<ProgramResult>
  /**
   * Hands a program to Ray as a job, and waits for its end. Its output appears in the log as it comes. The job runs on
   * control, in the step's working directory. An abort or a timeout stops the job.
   *
   * @returns What became of it; it succeeded. Ray joins a job's two streams: all of it is in `stdout`.
   * @throws As {@link run}, and `FLOW_RAY_MISSING` where Ray was installed without its job API.
   *
   * @example
   * await current.ray.submit({ entrypoint: 'train.py', metadata: { team: 'search' } })
   */
  submit(options: RayJobOptions): Promise<RayJobResult>
}
