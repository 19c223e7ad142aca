import { Flow, type Inputs, parameter, step } from '@flow/core'

export default class Wide extends Flow {
  declare readonly input: number
  readonly width = parameter({ default: 8 })
  items: number[] = []
  twice = 0
  sum = 0

  @step start() {
    this.items = Array.from({ length: this.width }, (_, index) => index)
    this.next(this.work, { foreach: 'items' })
  }

  @step work() {
    this.twice = this.input * 2
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.sum = inputs.reduce((sum, input) => sum + input.twice, 0)
    this.next(this.end)
  }

  @step end() {
    console.log(`sum ${this.sum}`)
  }
}
