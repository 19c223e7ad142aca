import { credited, TickClock, tickInterval } from './channel/index.js'

export interface LinkWatchOptions<Peer> {
  readonly heartbeatMs: number
  readonly leaseMs: number
  /** To be said to every peer at each heartbeat. */
  readonly beat: () => void
  /** A peer said nothing for so many milliseconds; it is not watched any more. */
  readonly onSilent: (peer: Peer, silentMs: number) => void
  /** Monotonic milliseconds. */
  readonly now?: () => number
}

interface Lease {
  lastHeard: number
  limitMs: number
}

/**
 * Heartbeats and leases of the orchestrator link, for both of its sides: a pipe stays open while the process at its
 * other end is stopped. A watcher that did not run itself blames nobody for that time.
 */
export class LinkWatch<Peer> implements Disposable {
  readonly #options: LinkWatchOptions<Peer>
  readonly #now: () => number
  readonly #leases = new Map<Peer, Lease>()
  readonly #clock: TickClock
  readonly #timer: NodeJS.Timeout
  #lastBeat: number

  constructor(options: LinkWatchOptions<Peer>) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#lastBeat = this.#now()
    const intervalMs = tickInterval(options.heartbeatMs)
    this.#clock = new TickClock({ intervalMs, leaseMs: options.leaseMs, now: this.#now })
    this.#timer = setInterval(() => this.tick(), intervalMs)
    this.#timer.unref()
  }

  /** Watches a peer from now on. `firstMs` is how long its first word may take, in milliseconds. */
  expect(peer: Peer, firstMs = this.#options.leaseMs): void {
    this.#leases.set(peer, { lastHeard: this.#now(), limitMs: firstMs })
  }

  /** A peer said something. */
  heard(peer: Peer): void {
    const lease = this.#leases.get(peer)
    if (lease === undefined) return
    lease.lastHeard = this.#now()
    lease.limitMs = this.#options.leaseMs
  }

  /** A peer's end is known. */
  forget(peer: Peer): void {
    this.#leases.delete(peer)
  }

  /** What the timer does. */
  tick(): void {
    const { beat, heartbeatMs, onSilent } = this.#options
    const tick = this.#clock.tick()
    if (tick.now - this.#lastBeat >= heartbeatMs) {
      this.#lastBeat = tick.now
      beat()
    }
    for (const [peer, lease] of this.#leases) {
      lease.lastHeard = credited(lease.lastHeard, tick)
      if (tick.now - lease.lastHeard <= lease.limitMs) continue
      this.#leases.delete(peer)
      onSilent(peer, Math.round(tick.now - lease.lastHeard))
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#leases.clear()
  }
}
