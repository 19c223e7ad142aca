import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { deepspeed } from '@flow/deepspeed'

/** deepspeed_reduce.py on two nodes of two ranks. */
export default class DeepspeedReduce extends Flow {
  @step start() {
    this.next(this.nodes, { numParallel: 2 })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } })
  @resources({ cpu: 2 })
  @deepspeed()
  @step
  async nodes() {
    await current.deepspeed.run({ entrypoint: 'deepspeed_reduce.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.length !== 2) throw new Error(`${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
