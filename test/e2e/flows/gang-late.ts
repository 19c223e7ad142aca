import { Flow, gangDecorator, gangTimeouts, type Inputs, step } from '@flow/core'

/** One node never joins. */
const late = gangDecorator({
  name: 'late',
  core: '^0.1.0',
  workers: 'body',
  setup(gang) {
    gang.hooks.onNode.tap('late', async context => {
      if (context.me.index === 1) await new Promise(() => undefined)
    })
  },
})

export default class GangLate extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 3 })
  }

  @gangTimeouts({ barrier: 6_000 })
  @late()
  @step
  work() {
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
