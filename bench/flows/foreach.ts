import { Flow, type Inputs, step } from '@flow/core'

const SIZE = 64

/** A foreach whose tasks do nothing but keep their element. */
export default class Foreach extends Flow {
  items: number[] = []
  item = -1

  @step start() {
    this.items = Array.from({ length: SIZE }, (_, index) => index)
    this.next(this.each, { foreach: 'items' })
  }

  @step each() {
    this.item = this.input as number
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.some((input, index) => input.item !== index) || inputs.length !== SIZE)
      throw new Error('not all elements')
    this.next(this.end)
  }

  @step end() {}
}
