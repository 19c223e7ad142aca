import { Flow, type Inputs, step } from '@flow/core'

export default class Conflict extends Flow {
  colour = ''

  @step start() {
    this.next(this.red, this.blue)
  }

  @step red() {
    this.colour = 'red'
    this.next(this.join)
  }

  @step blue() {
    this.colour = 'blue'
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs)
    this.next(this.end)
  }

  @step end() {}
}
