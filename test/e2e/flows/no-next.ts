import { Flow, step } from '@flow/core'

/** `next` is reached too late: its promise is not awaited. */
export default class NoNext extends Flow {
  @step start() {
    void this.later()
    this.next(this.middle)
  }

  @step async middle() {
    this.next(this.end)
    throw new Error('after next')
  }

  @step end() {}

  async later(): Promise<void> {
    await Promise.resolve()
  }
}
