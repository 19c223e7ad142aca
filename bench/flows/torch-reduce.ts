import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'

/** torch_reduce.py on two nodes of two ranks. */
export default class TorchReduce extends Flow {
  @step start() {
    this.next(this.nodes, { numParallel: 2 })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })
  @resources({ cpu: 2 })
  @torchrun()
  @step
  async nodes() {
    await current.torch.run({ entrypoint: 'torch_reduce.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.length !== 2) throw new Error(`${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
