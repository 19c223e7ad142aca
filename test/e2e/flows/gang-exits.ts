import { spawn } from 'node:child_process'
import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

/** Node `who` ends as `how` says while all others wait; each says when SIGTERM reached it. */
export default class GangExits extends Flow {
  readonly how = parameter({ default: 'wait' })
  readonly who = parameter({ default: 0 })
  readonly nodes = parameter({ default: 4 })
  readonly isStubborn = parameter({ default: false, help: 'start a program on each node that ignores SIGTERM' })

  @step start() {
    this.next(this.work, { numParallel: this.nodes })
  }

  @parallel()
  @step
  async work() {
    const { gang } = current
    process.on('SIGTERM', () => {
      console.log(`SIGTERM ${Date.now()}`)
      process.exit(0)
    })
    spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref()
    if (this.isStubborn) spawn('sh', ['-c', 'trap "" TERM; while :; do sleep 1000; done'], { stdio: 'inherit' }).unref()
    console.log(`at ${process.cwd()}`)
    setInterval(() => undefined, 1000)
    await gang.barrier('all in the body')
    console.log(`waiting ${process.pid}`)
    if (gang.me.index === this.who) this.fail()
    await new Promise(() => undefined)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}

  fail(): void {
    if (this.how === 'wait') return
    console.error(`last words of node ${this.who}`)
    console.log(`failing ${Date.now()}`)
    switch (this.how) {
      case 'throw':
        throw new RangeError(`thrown on node ${this.who}`)
      case 'exit':
        return process.exit(3)
      case 'kill':
        return void process.kill(process.pid, 'SIGKILL')
      case 'reject':
        return void Promise.reject(new Error('rejected and not awaited'))
      case 'callback':
        return void setImmediate(() => {
          throw new Error('thrown in a callback')
        })
      case 'segfault':
        return void process.kill(process.pid, 'SIGSEGV')
    }
  }
}
