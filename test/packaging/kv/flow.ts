import { current, Flow, type Inputs, step } from '@flow/core'
import { kv } from 'flow-kv'

export default class Count extends Flow {
  total = 0

  @step start() {
    this.next(this.work, { numParallel: 3 })
  }

  @kv()
  @step
  async work() {
    await current.kv.add('total', current.parallel.nodeIndex + 1)
    await current.gang.barrier('added')
    this.total = Number(await current.kv.get('total'))
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs)
    this.next(this.end)
  }

  @step end() {
    console.log(`the total is ${this.total}`)
  }
}
