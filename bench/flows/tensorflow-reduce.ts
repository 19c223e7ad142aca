import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { tensorflow } from '@flow/tensorflow'

/** tensorflow_reduce.py on two workers. */
export default class TensorflowReduce extends Flow {
  @step start() {
    this.next(this.nodes, { numParallel: 2 })
  }

  @pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } })
  @tensorflow()
  @step
  async nodes() {
    await current.tensorflow.run({ entrypoint: 'tensorflow_reduce.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.length !== 2) throw new Error(`${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
