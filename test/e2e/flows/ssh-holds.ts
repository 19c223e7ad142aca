import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { current, Flow, type Inputs, parameter, step } from '@flow/core'
import { ssh } from '@flow/ssh'

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** Sessions that do not end by themselves: one for each way to get away. Then it waits, or fails. */
export default class SshHolds extends Flow {
  readonly how = parameter({ default: 'wait' })

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @ssh({ server: 'SERVER' as 'auto' })
  @step
  async work() {
    await current.ssh.exec('node1', 'setsid sleep 1001 >/dev/null 2>&1 &')
    const session = spawn('ssh', ['node1', 'echo $PPID $$; exec sleep 1002'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [told] = (await once(session.stdout, 'data')) as [Buffer]
    const [server = 0, child = 0] = told.toString().trim().split(' ').map(Number)
    const { address, port, server: kind } = current.ssh.nodes[1] ?? { address: '', port: 0 }
    // Somebody who never says who he is.
    const stranger = connect({ host: address, port })
    await once(stranger, 'data')
    // Up to the agent, which is the built-in server itself.
    const servers: number[] = []
    let agent = server
    for (; !isAgent(agent); agent = parentOf(agent)) servers.push(agent)
    const held = { kind, child, servers, agent, address, port, dir: current.ssh.configFile }
    console.log(`holding ${JSON.stringify(held)}`)
    if (this.how === 'fail') process.exit(3)
    await new Promise(resolve => setTimeout(resolve, 600_000))
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.next(this.end)
  }

  @step end() {}
}

function isAgent(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('agent.mjs')
}
