import { SETTLE_MS } from '../verdict.js'
import type { DatedEnd } from './launch-result.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'

const PREFIX = 'shared.'

/** The name of a gang's n-th shared launch, the same on every node. */
export function sharedLaunch(n: number): string {
  return `${PREFIX}${n}`
}

export function isSharedLaunch(launch: string): boolean {
  return launch.startsWith(PREFIX)
}

interface SharedLaunch {
  readonly ends: DatedEnd[]
  /** Settles when earlier ends have had their time to arrive. */
  readonly settled: Promise<void>
}

/**
 * Control's part in launches that each node runs for itself (torchrun): a rank that fails on one node ends the ranks of
 * all at once, and what is told within the settle time is the same for every node that asks.
 */
export class SharedLaunches {
  readonly #nodes: readonly NodeOperations[]
  readonly #graceMs: number
  readonly #launches = new Map<string, SharedLaunch>()

  constructor(nodes: readonly NodeOperations[], graceMs: number) {
    this.#nodes = nodes
    this.#graceMs = graceMs
  }

  notice(node: number, notice: NodeNotice): void {
    if (notice.type !== 'rankEnded' || notice.end.exitCode === 0) return
    const { launch, end, ageMs } = notice
    this.#of(launch).ends.push({ node, end, at: performance.now() - ageMs })
  }

  /** The bad ends of all nodes. None when no rank failed. */
  async endsOf(launch: string): Promise<readonly DatedEnd[]> {
    const known = this.#launches.get(launch)
    if (known === undefined) return []
    await known.settled
    return known.ends
  }

  #of(launch: string): SharedLaunch {
    const known = this.#launches.get(launch)
    if (known !== undefined) return known
    this.#signal(launch, 'SIGTERM', false)
    setTimeout(() => this.#signal(launch, 'SIGKILL', true), this.#graceMs).unref()
    const made = { ends: [], settled: new Promise<void>(resolve => setTimeout(resolve, SETTLE_MS)) }
    this.#launches.set(launch, made)
    return made
  }

  #signal(launch: string, signal: NodeJS.Signals, all: boolean): void {
    // A node that is gone answers nothing; that it is lost is seen elsewhere.
    for (const node of this.#nodes) void node.launchSignal({ launch, signal, all }).catch(() => undefined)
  }
}
