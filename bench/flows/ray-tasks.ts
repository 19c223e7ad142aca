import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { ray } from '@flow/ray'

/** ray_tasks.py on a Ray cluster of two nodes. */
export default class RayTasks extends Flow {
  @step start() {
    this.next(this.nodes, { numParallel: 2 })
  }

  @pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })
  @ray()
  @step
  async nodes() {
    await current.ray.run({ entrypoint: 'ray_tasks.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.length !== 2) throw new Error(`${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
