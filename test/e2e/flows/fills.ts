import { randomBytes } from 'node:crypto'
import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

/** Writes more than the disk has: as an artifact, or as output, in a single task or on each node of a gang. */
export default class Fills extends Flow {
  readonly what = parameter({ default: 'artifact' })
  readonly where = parameter({ default: 'single' })
  data?: Uint8Array

  @step start() {
    if (this.where === 'single') this.fill()
    this.next(this.work, { numParallel: 2 })
  }

  @parallel()
  @step
  work() {
    if (this.where === `node ${current.gang.me.index}`) this.fill()
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}

  fill(): void {
    if (this.what === 'artifact') this.data = randomBytes(32_000_000)
    else for (let line = 0; line < 400_000; line++) console.log(`line ${line} ${'x'.repeat(80)}`)
  }
}
