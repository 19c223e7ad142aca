import { current, Flow, type Inputs, parameter, pypi, step } from '@flow/core'
import { ray } from '@flow/ray'

/** A program on a cluster of two nodes that does what `how` says: `long` waits for ever. */
export default class RayEnds extends Flow {
  readonly how = parameter({ default: 'long' })

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } })
  @ray()
  @step
  async work() {
    console.log(`at ${process.cwd()}`)
    process.on('SIGTERM', () => {
      console.log(`SIGTERM ${Date.now()}`)
      process.exit(0)
    })
    await current.ray.run({ entrypoint: 'ray_calls.py', entrypointArgs: [this.how] })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
