import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Flow, type Inputs, parallel, step } from '@flow/core'

const LINES = 100_000

export default class Output extends Flow {
  @step start() {
    for (let line = 0; line < LINES; line++) console.log(`line ${line}`)
    this.next(this.gang, { numParallel: 2 })
  }

  @parallel()
  @step
  gang() {
    for (let line = 0; line < LINES / 2; line++) console.log(`line ${line}`)
    process.stderr.write('the last words')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step async end() {
    const child = spawn('sh', ['-c', 'yes "of a child" | head -n 100000'], { stdio: 'inherit' })
    await once(child, 'exit')
    console.log('after the child')
  }
}
