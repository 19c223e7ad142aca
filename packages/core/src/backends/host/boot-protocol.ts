/**
 * What is said over the orchestrator link before a node's agent is there. Down: frames of a length (4 bytes, big endian)
 * and JSON, and the raw bytes of files. Up: lines that begin with a mark; whatever else the host prints is skipped.
 */

/** The first message down. */
export interface BootRequest {
  /** Absolute; null for the host's own choice. */
  readonly cacheDir: string | null
  readonly trees: readonly BootTree[]
  /** Variables that only the host itself knows. */
  readonly variables: readonly string[]
}

/** A directory that the host must have. */
export interface BootTree {
  /** Its place in the cache, or its absolute path. Content decides the name: one that is there is whole. */
  readonly name: string
  /** A file in it without which it is not whole, for directories that are not made in one go. */
  readonly marker?: string | undefined
  /** A file in it that must lead somewhere on this host: the interpreter of a Python environment. */
  readonly needs?: string | undefined
}

/** The first line up. */
export interface BootAnswer {
  readonly cacheDir: string
  /** Which trees are not there, by index: sent next, in this order. */
  readonly missing: readonly number[]
  readonly env: Readonly<Record<string, string>>
}

/** Goes before the bytes of a file; null ends a tree. `mode`: permission bits. */
export type BootEntry =
  | { readonly path: string; readonly mode: number; readonly size: number }
  | { readonly path: string; readonly mode: number; readonly dir: true }
  | { readonly path: string; readonly link: string }
  | null

/** The second line up: everything is in its place. */
export interface BootDone {
  readonly done: true
}

/** Instead of either line. */
export interface BootFailure {
  readonly error: { readonly code: string; readonly message: string; readonly fix: string }
}

/** The last message down: what the host's own program is to start. Paths are the host's. */
export interface HostStart {
  /** Its program, and what it is packed in. */
  readonly hostModule: string
  readonly cacheDir: string
  readonly packageHash: string
  readonly attemptDir: string
  /** What the fences of the attempt begin with. */
  readonly attemptFence: string
  readonly nodeDir: string
  readonly fence: string
  readonly graceMs: number
  readonly scriptsDir: string
  readonly agentModule: string
  readonly env: Readonly<Record<string, string>>
}
