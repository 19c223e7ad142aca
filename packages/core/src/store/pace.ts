/** Long enough for a batch, too short to be seen. */
const EVERY_MS = 8

/**
 * Runs an action soon: at the end of this turn of the event loop, or, when it ran a few milliseconds ago, when those are
 * over. What trickles is passed on at once, what pours goes in batches: a write for each line would cost more than the line.
 */
export class Pace {
  readonly #act: () => void
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #lastAt = -Infinity

  constructor(act: () => void) {
    this.#act = act
  }

  /** The action runs once for all calls before it. */
  soon(): void {
    if (this.#immediate !== undefined || this.#timer !== undefined) return
    const wait = this.#lastAt + EVERY_MS - performance.now()
    if (wait > 0) this.#timer = setTimeout(this.#run, wait)
    else this.#immediate = setImmediate(this.#run)
  }

  /** It does not run any more, unless it is asked for again. */
  cancel(): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
    this.#immediate = undefined
    this.#timer = undefined
  }

  readonly #run = (): void => {
    this.cancel()
    this.#lastAt = performance.now()
    this.#act()
  }
}
