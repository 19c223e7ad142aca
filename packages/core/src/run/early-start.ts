import { type CodePackage, findPackage } from '../package/index.js'
import { WarmBodies } from './warm-bodies.js'

/**
 * What a run begins with before its flow is read, and while the rest of the command is still loaded: the package of its
 * last run, where that holds, and the first body. It owns the run's bodies.
 */
export class EarlyStart implements AsyncDisposable {
  /** undefined where the package has to be made. */
  readonly code: CodePackage | undefined
  #bodies: WarmBodies | undefined

  constructor(flowFile: string, home: string) {
    try {
      this.code = findPackage({ flowFile, home })
    } catch {
      // Whoever makes the package says what is wrong.
    }
    if (this.code !== undefined) this.bodiesOf(this.code)
  }

  /** The run's bodies; the first is warm or warming up. */
  bodiesOf(code: CodePackage): WarmBodies {
    if (this.#bodies === undefined) {
      this.#bodies = new WarmBodies(code)
      this.#bodies.prepare(1)
    }
    return this.#bodies
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bodies?.[Symbol.asyncDispose]()
  }
}
