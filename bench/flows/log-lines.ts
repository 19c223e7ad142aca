import { Flow, step } from '@flow/core'

const LINES = 100_000

/** One step that prints a lot. */
export default class LogLines extends Flow {
  @step start() {
    for (let i = 0; i < LINES; i++) console.log(`line ${i} of a program that likes to talk about what it is doing`)
    this.next(this.end)
  }

  @step end() {}
}
