import { spawn } from 'node:child_process'
import { Flow, step } from '@flow/core'

/** Leaves programs behind: one that holds the output open, one with a session of its own, one that ignores SIGTERM. */
export default class Background extends Flow {
  @step start() {
    console.log(`at ${process.cwd()}`)
    spawn('sleep', ['1000'], { stdio: 'inherit' }).unref()
    spawn('sleep', ['1001'], { stdio: 'inherit', detached: true }).unref()
    spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1000; done'], { stdio: 'ignore', detached: true }).unref()
    this.next(this.end)
  }

  @step end() {
    console.log('ended')
  }
}
