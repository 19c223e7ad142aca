import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { current, Flow, gangTimeouts, type Inputs, parallel, parameter, step } from '@flow/core'

/** Starts a program that belongs to nobody any more and has an empty environment; `file` is in its command line. */
function escape(file: string): void {
  execFileSync('sh', ['-c', 'setsid env -i tail -f "$0" </dev/null >/dev/null 2>&1 &', file])
  console.log(`at ${process.cwd()}`)
  // Where programs have their temporary files, this one left behind too.
  console.log(`temp ${execFileSync('mktemp', { encoding: 'utf8' }).trim()}`)
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, names, path = ''] = line.split(':')
    if (path.includes('/flow-')) console.log(`cgroup ${names ?? ''}:${path}`)
  }
  console.log(`waiting ${process.pid}`)
}

/** Every step starts such a program; the last one that runs ends as told. */
export default class Escapes extends Flow {
  readonly file = parameter({ default: '' })
  readonly until = parameter({ default: 'start' })
  readonly how = parameter({ default: 'ok' })

  async #finish(here: string): Promise<void> {
    if (here !== this.until || this.how === 'ok') return
    if (this.how === 'throws') throw new Error('thrown')
    setInterval(() => undefined, 1_000)
    await new Promise(() => undefined)
  }

  @step async start() {
    escape(this.file)
    await this.#finish('start')
    this.next(this.work, { numParallel: 2 })
  }

  @gangTimeouts({ grace: 1_000 })
  @parallel()
  @step
  async work() {
    await current.gang.barrier('all')
    escape(this.file)
    await this.#finish('work')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
