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
    const client = spawn('ssh', ['node1', 'echo $$; exec sleep 1002'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [told] = (await once(client.stdout, 'data')) as [Buffer]
    const [session = 0] = told.toString().trim().split(' ').map(Number)
    const { address, port, server: kind } = current.ssh.nodes[1] ?? { address: '', port: 0 }
    // Somebody who never says who he is.
    const stranger = connect({ host: address, port })
    await once(stranger, 'data')
    let agent = session
    while (!isAgent(agent)) agent = parentOf(agent)
    // All that serves connections on node 1: nothing but the agent itself where the server is the built-in one.
    const servers = descendants(agent).filter(pid => commandOf(pid).startsWith('sshd: '))
    const held = { kind, child: session, servers, agent, address, port, dir: current.ssh.configFile }
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

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
}

function isAgent(pid: number): boolean {
  return commandOf(pid).includes('agent.mjs')
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.flatMap(child => [child, ...descendants(child)])
}
