import type { BodyTask, ScreenLine, TaskIdentity } from '../body/index.js'
import type { Transition } from '../flow/index.js'
import type { SerializedError } from '../errors/index.js'
import type { Artifacts, EndRecord, Outcome, Verdict } from '../store/index.js'
import type { BlobMessage } from './blob-link.js'
import type { ChannelPlace } from './channel/index.js'
import type { GangPlan } from './plan.js'

/** Where a node finds what it needs. Paths are the node's own; nothing here assumes that nodes share them. */
export interface NodePlaces {
  /** This node's private directory, made by its supervisor. Short, without spaces or colons. */
  readonly nodeDir: string
  /** Holds programs that must lie at the same path on every node, and of a gang on this machine control's socket. */
  readonly attemptDir: string
  readonly scriptsDir: string
  readonly flowModule: string
  readonly bodyModule: string
  /** The flow's files, to be laid out in the working directory. */
  readonly filesDir: string
  readonly blobsDir: string
  /** undefined where the run's store is not on this node's disk: log and blobs go over the orchestrator link. */
  readonly logFile: string | undefined
}

/** What a node says to the run's store, and hears of it. */
export type StoreUp = BlobMessage | { readonly type: 'log.part'; readonly bytes: Uint8Array }
export type StoreDown =
  | BlobMessage
  /** The oldest part of the log that was not answered yet is safe, or lost. */
  | { readonly type: 'log.stored'; readonly error?: SerializedError | undefined }

/** The first message down the orchestrator link: everything a node must know, its own key among it. */
export interface Bootstrap {
  readonly type: 'bootstrap'
  readonly identity: TaskIdentity
  /** `Flow/run/step/task` */
  readonly task: string
  readonly plan: GangPlan
  readonly index: number
  readonly incarnation: string
  readonly name: string
  readonly address: string
  readonly fence: string
  /** This node's own key of the channel, 32 bytes. */
  readonly key: Uint8Array
  /** Control only: the keys of all nodes, by channel identity. */
  readonly keys?: Readonly<Record<string, Uint8Array>> | undefined
  /** What every program of this node gets, before extensions add to it. */
  readonly env: Readonly<Record<string, string>>
  readonly places: NodePlaces
  readonly exportName: string
  /** Some extension taps a hook of nodes: the flow has to be loaded to find it. */
  readonly hasNodeHooks: boolean
  readonly foreach: BodyTask['foreach']
  readonly parameters: BodyTask['parameters']
  readonly inputs: BodyTask['inputs']
  readonly isJoin: boolean
}

/** How a worker reaches control. The public key is control's own and proves it. */
export interface ControlAddress {
  readonly place: ChannelPlace
  readonly publicKey: Uint8Array
}

export type LinkDown =
  | Bootstrap
  | StoreDown
  | { readonly type: 'control'; readonly control: ControlAddress }
  | { readonly type: 'stop'; readonly reason: string; readonly graceMs: number }
  /** Control only: a worker's outermost process ended, or nothing is heard of it. */
  | { readonly type: 'nodeEnded'; readonly end: EndRecord }
  /** Control only: a worker failed that cannot tell it. */
  | { readonly type: 'nodeFailed'; readonly report: FailureReport }
  /** Nothing but a sign of life. */
  | { readonly type: 'heartbeat' }
  /** The verdict is committed: clean up and end. */
  | { readonly type: 'end'; readonly outcome: Outcome }

/** An end that may be the cause: with its age by the sender's monotonic clock when it was sent. */
export interface FailureReport {
  readonly end: EndRecord
  readonly outcome: Outcome
  readonly ageMs: number
  readonly error?: SerializedError | undefined
}

export type LinkUp =
  | StoreUp
  | { readonly type: 'heartbeat' }
  | { readonly type: 'listening'; readonly control: ControlAddress }
  | { readonly type: 'joined'; readonly node: number; readonly address: string }
  /** Control: everyone passed the barrier. Milliseconds by phase. */
  | { readonly type: 'ready'; readonly budget: Readonly<Record<string, number>> }
  | { readonly type: 'log'; readonly lines: readonly ScreenLine[]; readonly skipped?: number | undefined }
  | {
      readonly type: 'rank'
      readonly rank: number
      readonly pid?: number | undefined
      readonly exitCode?: number | null | undefined
      readonly signal?: string | null | undefined
    }
  | { readonly type: 'warning'; readonly message: string }
  /** This node's part is done and its artifacts are durable. */
  | { readonly type: 'done'; readonly artifacts: Artifacts; readonly transition?: Transition | undefined }
  /**
   * This node saw a failure; control settles which came first. `isTold`: control has it by the channel, which a node that
   * failed before it joined does not have yet.
   */
  | { readonly type: 'failed'; readonly report: FailureReport; readonly isTold: boolean }
  /** Control proposes. */
  | { readonly type: 'verdict'; readonly verdict: Verdict }
