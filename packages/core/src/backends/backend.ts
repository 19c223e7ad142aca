import type { Readable, Writable } from 'node:stream'
import type { GangPlan, NodePlaces } from '../gang/index.js'
import type { CodePackage } from '../package/index.js'
import type { ExitStatus } from '../process/index.js'

/** What a backend is asked for: all nodes of one attempt, or none. */
export interface NodeRequest {
  readonly task: string
  readonly attempt: number
  readonly size: number
  /** Random, no secret: names the attempt's directories and marks its processes. */
  readonly fence: string
  /** `graceMs`: what a node gets to end by itself when its orchestrator is gone. `barrierMs`: what it may take to start. */
  readonly timeouts: GangPlan['timeouts']
  readonly resources: GangPlan['resources']
  readonly code: CodePackage
  readonly blobsDir: string
  logFile(node: number): string
  /** What the nodes' programs get on this machine. */
  readonly env: Readonly<Record<string, string>>
  /** The part of it that the step sets itself. */
  readonly stepEnv: Readonly<Record<string, string>>
  /** Directory of the step's Python environment. */
  readonly pythonEnv?: string | undefined
  readonly signal: AbortSignal
}

/** One started node: the orchestrator link is its `input` and `output`. */
export interface BackendNode {
  readonly index: number
  readonly incarnation: string
  readonly address: string
  /** Marks this node's processes. */
  readonly fence: string
  readonly places: NodePlaces
  /** What this node's programs get. */
  readonly env: Readonly<Record<string, string>>
  readonly input: Writable
  readonly output: Readable
  /** What its supervisor and agent say outside of the link: the reason when they die. */
  readonly stderr: Readable
  /** Ends the node from outside, whatever it does: SIGKILL to all of it. Settles when nothing of it is left. */
  kill(): Promise<void>
  /** Settles when the node's outermost process is gone. */
  readonly ended: Promise<ExitStatus>
}

/**
 * The nodes of one attempt. Disposing releases them: one that has not ended is killed, and nothing of the attempt is
 * left on what they ran on.
 */
export interface Allocation extends AsyncDisposable {
  readonly nodes: readonly BackendNode[]
}

/** What gives nodes, as core works with it. */
export interface Backend {
  readonly name: string
  /** Its nodes are processes of this machine, and see its disk. */
  readonly isLocal: boolean
  /** What a node may take to start and join, unless the step says more. */
  readonly barrierMs: number
  /** @throws `FLOW_BACKEND_...` when it cannot give all of them, the signal's reason when it was aborted. */
  allocate(request: NodeRequest): Promise<Allocation>
}
