import { execFileSync } from 'node:child_process'
import { environment, Flow, resources, step } from '@flow/core'

export default class Needs extends Flow {
  @environment({ vars: { COLOUR: 'blue', LANG: 'C.UTF-8' } })
  @resources({ cpu: 2, memory: 512 })
  @step
  start() {
    console.log(process.env['COLOUR'], execFileSync('sh', ['-c', 'echo $COLOUR'], { encoding: 'utf8' }).trim())
    this.next(this.end)
  }

  @step end() {
    console.log(process.env['COLOUR'] ?? 'no colour')
  }
}
