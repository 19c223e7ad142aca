import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

const NODES = 4

/** The last node's body exits; the others write down when SIGTERM came. All clocks are one machine's. */
export default class BodyDeath extends Flow {
  readonly dir = parameter({ required: true, help: 'where the times are written' })

  @step start() {
    this.next(this.nodes, { numParallel: NODES })
  }

  @parallel()
  @step
  async nodes() {
    const { gang } = current
    const note = (what: string): void =>
      writeFileSync(join(this.dir, `${what}-${gang.me.index}`), String(performance.timeOrigin + performance.now()))
    process.once('SIGTERM', () => {
      note('sigterm')
      process.exit(1)
    })
    await gang.barrier('listening')
    if (gang.me.index === NODES - 1) {
      note('death')
      process.exit(3)
    }
    await setTimeout(60_000)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    throw new Error(`the gang survived: ${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
