import { readFile } from 'node:fs/promises'
import { current, file, type FileArtifact, Flow, type Inputs, parameter, pypi, step } from '@flow/core'
import { tensorflow } from '@flow/tensorflow'

const NODES = 2
const BOUND = 0.9

interface Trained {
  readonly losses: readonly number[]
  /** On pictures that nobody trained on. */
  readonly accuracy: number
  /** Hash of all weights. */
  readonly weights: string
}

export default class KerasMultiworker extends Flow {
  readonly epochs = parameter({ default: 3, help: 'passes over the pictures' })
  trained?: Trained
  model?: FileArtifact
  workers: readonly Trained[] = []

  @step start() {
    this.next(this.train, { numParallel: NODES })
  }

  @pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } })
  @tensorflow()
  @step
  async train() {
    await current.tensorflow.run({ entrypoint: 'train.py', entrypointArgs: { epochs: this.epochs } })
    // Each worker left its own file, on its own node.
    this.trained = JSON.parse(await readFile('trained.json', 'utf8')) as Trained
    if (current.parallel.nodeIndex === 0) this.model = await file('model.keras')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.workers = [...inputs].flatMap(({ trained }) => trained ?? [])
    if (inputs[0].model !== undefined) this.model = inputs[0].model
    this.next(this.end)
  }

  @step end() {
    for (const [worker, { accuracy, weights }] of this.workers.entries())
      console.log(`worker ${worker}: accuracy ${accuracy.toFixed(3)}, weights ${weights.slice(0, 12)}`)
    if (new Set(this.workers.map(({ weights }) => weights)).size !== 1)
      throw new Error('the weights of the workers differ')
    const [{ accuracy } = { accuracy: 0 }] = this.workers
    if (!(accuracy > BOUND)) throw new Error(`the accuracy is ${accuracy}, not above ${BOUND}`)
  }
}
