import { stopped } from './facts.js'

/** Settles when it has been counted so many times. */
export class Countdown {
  #left: number
  readonly #settled = Promise.withResolvers<void>()

  constructor(from: number) {
    this.#left = from
    this.#settled.promise.catch(() => undefined)
  }

  get done(): Promise<void> {
    return this.#settled.promise
  }

  count(): void {
    this.#left--
    if (this.#left === 0) this.#settled.resolve()
  }

  cancel(): void {
    this.#settled.reject(stopped())
  }
}
