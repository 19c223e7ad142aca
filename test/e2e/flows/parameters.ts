import { Flow, parameter, step } from '@flow/core'
import { z } from 'zod'

export default class Parameters extends Flow {
  readonly rate = parameter({ default: 0.5, help: 'learning rate' })
  readonly isQuick = parameter({ default: false })
  readonly label = parameter({ default: 'none' })
  readonly mode = parameter(z.enum(['fast', 'slow']).default('fast'))
  readonly epochs = parameter(z.number().int().min(1).default(3), { help: 'rounds' })

  @step start() {
    console.log(JSON.stringify([this.rate, this.isQuick, this.label, this.mode, this.epochs]))
    this.next(this.end)
  }

  @step end() {
    console.log(this.rate + this.epochs)
  }
}
