/**
 * Reads a monotonic clock at intervals and says how much of the time since the last reading this process did not
 * run (it was stopped, or its event loop was busy). Time that we missed is not held against anybody.
 */
export class TickClock {
  readonly #intervalMs: number
  readonly #leaseMs: number
  readonly #now: () => number
  #last: number

  constructor(options: { readonly intervalMs: number; readonly leaseMs: number; readonly now: () => number }) {
    this.#intervalMs = options.intervalMs
    this.#leaseMs = options.leaseMs
    this.#now = options.now
    this.#last = options.now()
  }

  /**
   * To be called at each interval. `missedMs` is what to add to everyone's last sign of life; Infinity (a fresh lease
   * for everyone) when we were away for longer than a lease.
   */
  tick(): { readonly now: number; readonly missedMs: number } {
    const now = this.#now()
    const gap = now - this.#last
    this.#last = now
    if (gap > this.#leaseMs) return { now, missedMs: Infinity }
    return { now, missedMs: Math.max(0, gap - this.#intervalMs) }
  }
}

/** The last sign of life after a tick of ours that came late. */
export function credited(
  lastHeard: number,
  { now, missedMs }: { readonly now: number; readonly missedMs: number },
): number {
  return Math.min(now, lastHeard + missedMs)
}

/** How often a side looks at its leases, in milliseconds: often enough to be right within a third of a heartbeat. */
export function tickInterval(heartbeatMs: number): number {
  return Math.max(5, Math.round(heartbeatMs / 3))
}
