import type { EndRecord, Outcome, Verdict } from '../store/index.js'
import type { FailureReport } from './protocol.js'

/** Ends closer together than this cannot be ordered by clocks of two machines. */
export const CLOCK_UNCERTAINTY_MS = 250

/** How long to wait for earlier ends to be told, from the first failure seen. Stopping does not wait for it. */
export const SETTLE_MS = 1_000

/** A failure as its receiver dates it. */
interface Dated {
  readonly report: FailureReport
  /** By the receiver's monotonic clock. */
  readonly at: number
}

/**
 * Settles which of several failures came first. The oldest by its age is the cause; only between ends that the clocks
 * cannot order does their kind decide. Ends that were brought about by our stop are victims.
 */
export class Settler {
  readonly #ends: Dated[] = []
  readonly #victims: EndRecord[] = []
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  get isEmpty(): boolean {
    return this.#ends.length === 0
  }

  add(report: FailureReport): void {
    this.#ends.push({ report, at: this.#now() - report.ageMs })
  }

  addVictim(end: EndRecord): void {
    this.#victims.push(end)
  }

  /** The verdict so far; undefined while nothing failed. */
  verdict(timeline: Verdict['timeline']): Verdict | undefined {
    const ordered = this.#ends.toSorted((a, b) => a.at - b.at)
    const oldest = ordered[0]
    if (oldest === undefined) return undefined
    const close = ordered.filter(end => end.at - oldest.at < CLOCK_UNCERTAINTY_MS)
    const first = close.toSorted((a, b) => weight(a.report) - weight(b.report) || a.at - b.at)[0] ?? oldest
    const others = ordered.filter(end => end !== first).map(end => end.report.end)
    return {
      outcome: first.report.outcome,
      message: describeEnd(first.report.end, first.report.outcome),
      first: first.report.end,
      victims: [...others, ...this.#victims],
      timeline,
      ...(first.report.error === undefined ? {} : { error: first.report.error }),
    }
  }
}

/** Lower explains more: killed by a signal, then a bad exit or an exception, then a lost connection. */
function weight({ end, outcome }: FailureReport): number {
  if (end.signal !== undefined && end.signal !== null) return 0
  if (outcome === 'lost') return 2
  return 1
}

/** One sentence with node, rank and cause. */
export function describeEnd(end: EndRecord, outcome: Outcome): string {
  const where = end.rank === undefined ? `node ${end.node}` : `rank ${end.rank} on node ${end.node}`
  const how =
    end.signal !== undefined && end.signal !== null
      ? `was killed by ${end.signal}`
      : end.exitCode !== undefined && end.exitCode !== null
        ? `exited with code ${end.exitCode}`
        : undefined
  if (outcome === 'lost')
    return `${where} was lost: ${how === undefined ? end.excerpt || `its ${end.what} ended` : `its ${end.what} ${how}`}`
  if (outcome === 'cancelled') return `cancelled: ${end.excerpt}`
  if (outcome === 'timeout') return `timed out: ${end.excerpt}`
  return `${end.rank === undefined ? `the ${end.what} of ${where}` : where} ${how ?? `failed: ${firstLine(end.excerpt)}`}`
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
