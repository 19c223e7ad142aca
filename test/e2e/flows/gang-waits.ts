import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { current, Flow, gangTimeouts, type Inputs, parallel, parameter, step } from '@flow/core'

/** A gang with a short lease whose bodies run until the file `go` is there. */
export default class GangWaits extends Flow {
  readonly go = parameter({ default: '' })

  @step start() {
    this.next(this.work, { numParallel: 3 })
  }

  @gangTimeouts({ heartbeat: 500, lease: 4_000, grace: 1_000 })
  @parallel()
  @step
  async work() {
    await current.gang.barrier('all in the body')
    // In a session of its own, as launchers put their daemons.
    spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
    console.log(`at ${process.cwd()}`)
    console.log(`waiting ${process.pid}`)
    while (!existsSync(this.go)) await new Promise(resolve => setTimeout(resolve, 50))
    await current.gang.barrier('all go')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
