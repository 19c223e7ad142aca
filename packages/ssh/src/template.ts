import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow whose nodes reach each other by SSH. */
export const template: Template = {
  name: 'ssh',
  help: 'two nodes that reach each other by SSH',
  files: {
    'flow.ts': `import { execFileSync } from 'node:child_process'
import { current, Flow, type Inputs, step } from '@flow/core'
import { ssh } from '@flow/ssh'

export default class Nodes extends Flow {
  said: string[] = []

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @ssh()
  @step
  async work() {
    const { stdout } = await current.ssh.exec('node1', ['uname', '-s'])
    // Any program finds the nodes by their names.
    const plain = execFileSync('ssh', ['node1', 'echo hello from node1'], { encoding: 'utf8' })
    this.said = [stdout.trim(), plain.trim()]
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.said = inputs[0].said
    this.next(this.end)
  }

  @step end() {
    console.log(this.said.join(': '))
  }
}
`,
  },
}
