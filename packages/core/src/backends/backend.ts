import type { Readable, Writable } from 'node:stream'
import type { NodePlaces } from '../gang/index.js'
import type { ExitStatus } from '../process/index.js'

/** What a backend is asked for: all nodes of one attempt, or none. */
export interface NodeRequest {
  readonly task: string
  readonly attempt: number
  readonly size: number
  /** Random, no secret: names the attempt's directories and marks its processes. */
  readonly fence: string
  /** Milliseconds a node gets to end by itself when its orchestrator is gone. */
  readonly graceMs: number
  readonly package: {
    readonly flowModule: string
    readonly bodyModule: string
    readonly agentModule: string
    readonly filesDir: string
  }
  readonly blobsDir: string
  logFile(node: number): string
  /** What of the orchestrator's environment the nodes' programs get. */
  readonly env: Readonly<Record<string, string>>
}

/** One started node: the orchestrator link is its `input` and `output`. */
export interface BackendNode {
  readonly index: number
  readonly incarnation: string
  readonly address: string
  /** Marks this node's processes. */
  readonly fence: string
  readonly places: NodePlaces
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

/** What gives nodes. */
export interface Backend {
  readonly name: string
  /** @throws `FLOW_BACKEND_...` when it cannot give all of them. */
  allocate(request: NodeRequest): Promise<Allocation>
}
