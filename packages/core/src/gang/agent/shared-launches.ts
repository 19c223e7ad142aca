import { FlowError } from '../../errors/index.js'
import { SETTLE_MS } from '../verdict.js'
import { type DatedEnd, type DatedLauncherEnd, withDate } from './launch-result.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'

const PREFIX = 'shared.'

/**
 * The launch that an extension calls so on every node.
 *
 * @throws `FLOW_HOOK_MISUSED` for a name that cannot be a file's, or a word's of the events FIFO.
 */
export function sharedLaunch(name: string): string {
  if (/^[\w.-]{1,64}$/.test(name)) return `${PREFIX}${name}`
  throw new FlowError('FLOW_HOOK_MISUSED', {
    message: `launchLocal: shared is '${name}'`,
    fix: "Give a short name of letters, digits, dots and dashes, such as 'train.0'.",
  })
}

export function isSharedLaunch(launch: string): boolean {
  return launch.startsWith(PREFIX)
}

/** What went wrong on any node in a shared launch. */
export interface SharedEnds {
  readonly ends: readonly DatedEnd[]
  /** The first launcher that was killed from outside. */
  readonly launcher?: DatedLauncherEnd | undefined
}

interface SharedLaunch {
  readonly ends: DatedEnd[]
  launcher: DatedLauncherEnd | undefined
  /** Nodes whose part is over: what they had to tell has come before they ask. */
  asked: number
  /** Settled when earlier ends have had their time to arrive, or nothing can come any more. */
  readonly settled: PromiseWithResolvers<void>
}

/**
 * Control's part in launches that each node runs for itself (torchrun): a rank that fails on one node, or a launcher that
 * is killed there, ends the ranks of all at once, and what is told within the settle time is the same for every node that
 * asks.
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
    if (notice.type === 'rankEnded' && notice.end.exitCode !== 0) {
      const { launch, end, ageMs } = notice
      this.#of(launch).ends.push(withDate({ node, end, ageMs }))
    } else if (notice.type === 'launcherKilled') {
      const { launch, signal, ageMs } = notice
      const known = this.#of(launch)
      const told = withDate({ node, signal, ageMs })
      if (known.launcher === undefined || told.at < known.launcher.at) known.launcher = told
    }
  }

  /** What every node gets. Nothing when nothing failed. */
  async endsOf(launch: string): Promise<SharedEnds> {
    const known = this.#launches.get(launch)
    if (known === undefined) return { ends: [] }
    if (++known.asked === this.#nodes.length) known.settled.resolve()
    await known.settled.promise
    return known
  }

  #of(launch: string): SharedLaunch {
    const known = this.#launches.get(launch)
    if (known !== undefined) return known
    this.#signal(launch, 'SIGTERM', false)
    setTimeout(() => this.#signal(launch, 'SIGKILL', true), this.#graceMs).unref()
    const settled = Promise.withResolvers<void>()
    setTimeout(settled.resolve, SETTLE_MS).unref()
    const made = { ends: [], launcher: undefined, asked: 0, settled }
    this.#launches.set(launch, made)
    return made
  }

  #signal(launch: string, signal: NodeJS.Signals, all: boolean): void {
    // A node that is gone answers nothing; that it is lost is seen elsewhere.
    for (const node of this.#nodes) void node.launchSignal({ launch, signal, all }).catch(() => undefined)
  }
}
