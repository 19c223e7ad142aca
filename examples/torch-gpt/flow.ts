import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { current, file, type FileArtifact, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'

const NODES = 2
const BOUND = 1.5

interface Trained {
  readonly losses: readonly number[]
  readonly worldSize: number
}

export default class TorchGpt extends Flow {
  readonly steps = parameter({ default: 120, help: 'steps of training' })
  losses: readonly number[] = []
  model?: FileArtifact
  text = ''

  @step start() {
    this.next(this.train, { numParallel: NODES })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })
  @resources({ cpu: 2 })
  @torchrun()
  @step
  async train() {
    const { output } = await current.torch.run({ entrypoint: 'train.py', entrypointArgs: { steps: this.steps } })
    if (current.parallel.nodeIndex === 0) {
      // Rank 0, which wrote both, is this node's.
      this.losses = (output as Trained).losses
      this.model = await file('model.pt')
    }
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    const [control] = inputs
    this.losses = control.losses
    if (control.model !== undefined) this.model = control.model
    this.next(this.sample)
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })
  @step
  async sample() {
    const { stdout } = await promisify(execFile)('python', ['sample.py'])
    this.text = stdout.trim()
    this.next(this.end)
  }

  @step end() {
    const last = this.losses.at(-1) ?? Number.NaN
    console.log(`loss ${this.losses[0]?.toFixed(2)} → ${last.toFixed(2)}; it writes: ${this.text}`)
    if (!(last < BOUND)) throw new Error(`the loss is ${last}, not below ${BOUND}`)
  }
}
