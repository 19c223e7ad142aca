import { existsSync } from 'node:fs'
import { current, Flow, gangTimeouts, type Inputs, parallel, retry, step } from '@flow/core'

/** A gang that is tried again when a node is lost. The bodies of attempt N go on when their host has /mnt/goN. */
export default class OldAttempt extends Flow {
  mine = ''

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @retry({ times: 1, on: ['lost'] })
  @gangTimeouts({ heartbeat: 300, lease: 2_000, grace: 1_000 })
  @parallel()
  @step
  async work() {
    const { attempt, gang } = current
    this.mine = `node ${gang.me.index} of attempt ${attempt}`
    await gang.barrier('all in the body')
    console.log(`in attempt ${attempt}`)
    while (!existsSync(`/mnt/go${attempt}`)) await new Promise(resolve => setTimeout(resolve, 50))
    console.log(`done in attempt ${attempt}`)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.map(input => input.mine).join(', '))
    this.next(this.end)
  }

  @step end() {}
}
