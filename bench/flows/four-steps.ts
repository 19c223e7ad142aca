import { Flow, step } from '@flow/core'

/** Four steps that do nothing. */
export default class FourSteps extends Flow {
  @step start() {
    this.next(this.first)
  }

  @step first() {
    this.next(this.second)
  }

  @step second() {
    this.next(this.end)
  }

  @step end() {}
}
