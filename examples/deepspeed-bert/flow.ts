import { current, file, type FileArtifact, Flow, type Inputs, parameter, pypi, step } from '@flow/core'
import { deepspeed } from '@flow/deepspeed'

const NODES = 2
const BOUND = 0.6

const packages = { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' }

interface Trained {
  readonly losses: readonly number[]
  readonly worldSize: number
  readonly steps: number
}

export default class DeepspeedBert extends Flow {
  readonly steps = parameter({ default: 30, help: 'steps of training, before the checkpoint and after it' })
  losses: readonly number[] = []
  before: readonly number[] = []
  allSteps = 0
  checkpoint?: FileArtifact

  @step start() {
    this.next(this.train, { numParallel: NODES })
  }

  @pypi({ packages })
  @deepspeed()
  @step
  async train() {
    const { output } = await current.deepspeed.run({ entrypoint: 'train.py', entrypointArgs: { steps: this.steps } })
    this.losses = (output as Trained).losses
    this.checkpoint = await file('checkpoint')
    this.next(this.trained)
  }

  @step trained(inputs: Inputs<this>) {
    const [control] = inputs
    this.before = control.losses
    if (control.checkpoint !== undefined) this.checkpoint = control.checkpoint
    this.next(this.again)
  }

  @step again() {
    this.next(this.goOn, { numParallel: NODES })
  }

  @pypi({ packages })
  @deepspeed()
  @step
  async goOn() {
    // The artifact lies in control's working directory again; every rank reads its own part of it.
    await current.gang.broadcast('checkpoint')
    const { output } = await current.deepspeed.run({
      entrypoint: 'train.py',
      entrypointArgs: { steps: this.steps, resume: true },
    })
    const { losses, steps } = output as Trained
    this.losses = losses
    this.allSteps = steps
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    const [control] = inputs
    this.before = control.before
    this.losses = control.losses
    this.allSteps = control.allSteps
    this.next(this.end)
  }

  @step end() {
    const [start = Number.NaN] = this.before
    const [again = Number.NaN] = this.losses
    const last = this.losses.slice(-5).reduce((sum, loss) => sum + loss, 0) / 5
    console.log(
      `loss ${start.toFixed(2)}; after the checkpoint ${again.toFixed(2)} → ${last.toFixed(2)} (${this.allSteps} steps)`,
    )
    if (this.allSteps !== 2 * this.steps) throw new Error('the second training did not go on from the checkpoint')
    if (!(again < start / 2)) throw new Error(`the second training began at a loss of ${again}`)
    if (!(last < BOUND)) throw new Error(`the loss is ${last}, not below ${BOUND}`)
  }
}
