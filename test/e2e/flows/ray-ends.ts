import { current, Flow, type Inputs, parameter, pypi, retry, step } from '@flow/core'
import { ray } from '@flow/ray'

/** A program on a cluster of two nodes that does what `how` says: `long` waits for ever. Once a node was lost it is fine. */
export default class RayEnds extends Flow {
  readonly how = parameter({ default: 'long' })

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @retry({ times: 1, on: ['lost'] })
  @pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })
  @ray()
  @step
  async work() {
    console.log(`at ${process.cwd()}`)
    process.on('SIGTERM', () => {
      console.log(`SIGTERM ${Date.now()}`)
      process.exit(0)
    })
    console.log(`cluster ${current.ray.address} of ${current.ray.nodes.length}`)
    const how = current.attempt === 0 ? this.how : 'fine'
    await current.ray.run({ entrypoint: 'ray_calls.py', entrypointArgs: [how] })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
