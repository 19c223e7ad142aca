import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

/** Only node `who` comes to the barrier. */
export default class GangBarrier extends Flow {
  readonly who = parameter({ default: 0 })

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @parallel()
  @step
  async work() {
    console.log(`at ${process.cwd()}`)
    if (current.gang.me.index === this.who) await current.gang.barrier('alone', { timeout: 100 })
    else await new Promise(resolve => setTimeout(resolve, 60_000))
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
