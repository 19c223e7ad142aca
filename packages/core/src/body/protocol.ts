import type { SerializedError } from '../errors/index.js'
import type { RosterEntry, Transition } from '../flow/index.js'
import type { ArtifactRef, Artifacts } from '../store/index.js'

/** Where a task stands in the flow and in the store. */
export interface TaskIdentity {
  readonly flowName: string
  readonly runId: string
  readonly stepName: string
  readonly taskId: string
  readonly attempt: number
}

/** One parent task (or one node of a parent gang) whose artifacts this task sees. */
export interface InputRef {
  /** Path of the parent, `Flow/run/step/task` or with `@node`. */
  readonly path: string
  readonly artifacts: Artifacts
  /** A worker that served control: its artifacts are what it inherited. */
  readonly served?: boolean | undefined
}

/** A gang as the body of one of its nodes sees it. */
export interface GangView {
  readonly index: number
  readonly roster: readonly RosterEntry[]
  /** It is an ordinary step: its path names no node. */
  readonly singleNode: boolean
}

/** Everything a body needs to run one task. Plain data. */
export interface BodyTask {
  readonly identity: TaskIdentity
  /** Absolute path of the bundled flow in the code package. */
  readonly flowModule: string
  /** Under which name the module exports the flow. */
  readonly exportName: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** One for a linear step; all siblings in order for a join. */
  readonly inputs: readonly InputRef[]
  readonly isJoin: boolean
  /** Inside a foreach: `this.input` is element `index` of the artifact `ref`. */
  readonly foreach?: { readonly field: string; readonly index: number; readonly ref: ArtifactRef } | undefined
  /** Blobs are read from and written to here, by their hash. */
  readonly blobsDir: string
  /** Named pipes to ask for a blob that is not there yet; absent where the whole store is. */
  readonly blobPipes?: BlobPipes | undefined
  readonly workDir: string
  readonly tempDir: string
  /** Set in `process.env` before the flow is loaded. */
  readonly env: Readonly<Record<string, string>>
  readonly gang?: GangView | undefined
  /** What extensions provide on this node: the shape of each remote object, by its key in `current`. */
  readonly provided?: Readonly<Record<string, RemoteShape>> | undefined
}

/** Paths of named pipes: a body writes hashes to `want`, its owner an answer for each to `have`. */
export interface BlobPipes {
  readonly want: string
  readonly have: string
}

/** A remote object as its body sees it: which members are calls, and the plain values of the rest. */
export interface RemoteShape {
  readonly methods: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}

export type OwnerToBody =
  | { readonly type: 'run'; readonly task: BodyTask }
  | {
      readonly type: 'reply'
      readonly id: number
      readonly value?: unknown
      readonly error?: SerializedError | undefined
    }
  /** The owner calls a function that was an argument of an earlier call, e.g. `onLine`. */
  | { readonly type: 'callback'; readonly id: number; readonly args: readonly unknown[] }

export type BodyToOwner =
  | { readonly type: 'ready' }
  | {
      readonly type: 'call'
      readonly id: number
      readonly target: string
      readonly method: string
      readonly args: readonly unknown[]
    }
  /** An AbortSignal that was an argument of call `id` was aborted. */
  | { readonly type: 'abort'; readonly id: number; readonly reason: SerializedError }
  | { readonly type: 'done'; readonly transition: Transition | undefined; readonly artifacts: Artifacts }
  | { readonly type: 'failed'; readonly error: SerializedError }
