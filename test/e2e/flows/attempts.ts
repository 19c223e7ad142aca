import { appendFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { current, Flow, type Inputs, parallel, parameter, retry, step, timeout } from '@flow/core'

/** Single and gang steps that fail at first, or run too long. */
export default class Attempts extends Flow {
  readonly how = parameter({ default: 'fails' })
  readonly notes = parameter({ default: '/dev/null' })
  single = -1
  gang: number[] = []
  mine = -1

  @retry({ times: 2, delay: 300, on: ['user-error'] })
  @timeout({ seconds: 60 })
  @step
  start() {
    appendFileSync(this.notes, `start ${current.attempt}\n`)
    if (current.attempt < 2) throw new Error(`attempt ${current.attempt} fails`)
    this.single = current.attempt
    this.next(this.work, { numParallel: 2 })
  }

  @retry({ times: 1 })
  @timeout({ seconds: 6 })
  @parallel()
  @step
  work() {
    const { nodeIndex } = current.parallel
    appendFileSync(this.notes, `work ${current.attempt}\n`)
    console.log(`at ${process.cwd()}`)
    if (current.attempt === 0 && nodeIndex === 1) {
      if (this.how === 'fails') throw new Error('node 1 fails at first')
      // Nothing of the node can hear a signal in here.
      if (this.how === 'blocks') execFileSync('sleep', ['1000'])
    }
    if (this.how === 'loops') for (;;) Math.sqrt(2)
    this.mine = current.attempt
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.gang = inputs.map(input => input.mine)
    this.mergeArtifacts(inputs, { include: ['single'] })
    this.next(this.end)
  }

  @step end() {
    console.log(`single ${this.single}, gang ${this.gang.join(' ')}`)
  }
}
