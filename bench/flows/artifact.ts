import { randomBytes } from 'node:crypto'
import { Flow, step } from '@flow/core'

const SIZE = 256 * 1024 * 1024

/** An artifact that neither compresses nor was ever stored before. */
export default class Artifact extends Flow {
  data = new Uint8Array()
  last = -1

  @step start() {
    const started = performance.now()
    this.data = randomBytes(SIZE)
    console.log(`made the bytes in ${Math.round(performance.now() - started)} ms`)
    this.last = this.data[SIZE - 1] ?? -1
    this.next(this.end)
  }

  @step end() {
    if (this.data.length !== SIZE || this.data[SIZE - 1] !== this.last)
      throw new Error('not the bytes that were stored')
  }
}
