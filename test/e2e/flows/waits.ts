import { spawn } from 'node:child_process'
import { Flow, step } from '@flow/core'

/** Runs until it is stopped; says when SIGTERM came. */
export default class Waits extends Flow {
  @step async start() {
    process.on('SIGTERM', () => {
      console.log(`SIGTERM at ${Date.now()}`)
      // Long enough for a second one to be seen.
      setTimeout(() => process.exit(0), 200)
    })
    console.log(`at ${process.cwd()}`)
    spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' })
    setInterval(() => undefined, 1000)
    console.log('waiting')
    await new Promise(() => undefined)
    this.next(this.end)
  }

  @step end() {}
}
