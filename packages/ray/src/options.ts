import { type ArgumentRecord, FlowError, type Words } from '@flow/core'

/** Options of {@link ray}. */
export interface RayOptions {
  /** Milliseconds until every node must have joined the cluster. Default 120,000. */
  readonly startTimeout?: number | undefined
  /** MB of memory for objects on each node, at least 80. Default: Ray's (a third of what is free), divided among nodes of one machine. */
  readonly objectStoreMemory?: number | undefined
  /**
   * Where Ray Train and Tune shall keep checkpoints and results: the absolute path of a directory that all nodes share, or
   * a URL that they understand (`s3://...`). Default: a directory of control that goes away with the attempt.
   */
  readonly storagePath?: string | undefined
  /**
   * Shows what tasks and actors print in the log of the node they run on. Default false: Ray sends it to the program
   * that started them, which prints it.
   */
  readonly workerLogs?: boolean | undefined
  /**
   * Who may connect: with 'token' who has the token of this cluster, which the step's programs have in a file
   * ($RAY_AUTH_TOKEN_PATH); with 'none' everybody who reaches its ports, and may then run what they like on it.
   * Default 'token'.
   */
  readonly auth?: 'token' | 'none' | undefined
  /** More arguments of `ray start` on every node, e.g. `{ labels: 'zone=a' }`. */
  readonly startArgs?: Words | ArgumentRecord | undefined
}

export const START_TIMEOUT_MS = 120_000
/** Ray refuses less, in MB. */
export const LEAST_OBJECT_STORE_MB = 80

/** @throws `FLOW_RAY_OPTIONS` */
export function checkOptions({ startTimeout, objectStoreMemory, storagePath, auth }: RayOptions): void {
  if (startTimeout !== undefined && !(startTimeout >= 1))
    refuse('startTimeout', startTimeout, 'Give it in milliseconds, or leave it out.')
  if (objectStoreMemory !== undefined && !(objectStoreMemory >= LEAST_OBJECT_STORE_MB))
    refuse('objectStoreMemory', objectStoreMemory, `Give MB, at least ${LEAST_OBJECT_STORE_MB}, or leave it out.`)
  // Ray Train takes a relative path for a URL that it does not understand.
  if (storagePath !== undefined && !/^(\/|[a-z][a-z\d+.-]*:\/\/)/i.test(storagePath))
    refuse('storagePath', storagePath, "Give an absolute path or a URL ('s3://...'), or leave it out.")
  if (auth !== undefined && auth !== 'token' && auth !== 'none') refuse('auth', auth, "Give 'token' or 'none'.")
}

function refuse(name: string, value: unknown, fix: string): never {
  throw new FlowError('FLOW_RAY_OPTIONS', { message: `@ray: ${name} is ${String(value)}`, fix })
}
