import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { current, file, type FileArtifact, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { ray } from '@flow/ray'

const NODES = 2
/** How far the two accuracies may be apart. Both models see the same rows, but split points come from other samples. */
const BOUND = 0.01

// xgboost-cpu is xgboost without the part for GPUs, which is 40 times as large.
const packages = { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' }

export default class RayXgboost extends Flow {
  readonly rows = parameter({ default: 20_000 })
  readonly rounds = parameter({ default: 30 })
  model: FileArtifact | undefined
  accuracy = { alone: 0, together: 0 }

  @step start() {
    this.next(this.train, { numParallel: NODES })
  }

  @pypi({ packages })
  @resources({ cpu: 1 })
  @ray()
  @step
  async train() {
    await current.ray.run({
      entrypoint: 'train.py',
      input: { rows: this.rows, rounds: this.rounds, workers: current.ray.nodes.length },
    })
    this.model = await file('model.json')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.model = inputs[0].model
    this.next(this.compare)
  }

  @pypi({ packages })
  @step
  async compare() {
    const args = ['compare.py', String(this.rows), String(this.rounds), String(this.model)]
    const { stdout } = await promisify(execFile)('python', args)
    this.accuracy = JSON.parse(stdout) as typeof this.accuracy
    this.next(this.end)
  }

  @step end() {
    const { alone, together } = this.accuracy
    console.log(`accuracy on ${NODES} nodes ${together.toFixed(4)}, in one process ${alone.toFixed(4)}`)
    if (Math.abs(together - alone) > BOUND) throw new Error(`they differ by more than ${BOUND}`)
  }
}
