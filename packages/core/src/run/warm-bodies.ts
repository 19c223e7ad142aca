import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { BodyProcess } from '../body/index.js'
import { FENCE_VARIABLE } from '../process/index.js'

/** A body and the marker of everything that it starts. */
export interface FencedBody {
  readonly body: BodyProcess
  readonly fence: string
}

/** Bodies that are started before they are needed: Node's own start is most of a small task. */
export class WarmBodies implements Disposable {
  readonly #module: string
  readonly #warm: FencedBody[] = []

  constructor(module: string) {
    this.#module = module
  }

  /** Sees to it that so many are warm or warming up. */
  prepare(count: number): void {
    while (this.#warm.length < count) this.#warm.push(this.#start())
  }

  take(): FencedBody {
    return this.#warm.shift() ?? this.#start()
  }

  #start(): FencedBody {
    const fence = randomBytes(8).toString('hex')
    const env = { ...process.env, [FENCE_VARIABLE]: fence }
    return { fence, body: BodyProcess.start({ module: this.#module, cwd: tmpdir(), env }) }
  }

  /** Ends those that nobody took. */
  [Symbol.dispose](): void {
    for (const { body } of this.#warm.splice(0)) body.kill('SIGKILL')
  }
}
