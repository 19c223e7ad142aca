import { Flow, step } from '@flow/core'

/** Ignores SIGTERM and blocks: only SIGKILL ends it. */
export default class Stubborn extends Flow {
  @step start() {
    process.on('SIGTERM', () => undefined)
    console.log(`at ${process.cwd()}`)
    console.log('waiting')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    this.next(this.end)
  }

  @step end() {}
}
