import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { defineBackend, type StartedNode } from '@flow/core'
import { z } from 'zod'

/** Nodes in the namespaces that harness/namespaced-hosts.ts made: `--with ./hosts-backend.ts:hosts=10.77.0.1/4711+10.77.0.2/4712,node=…` */
export default defineBackend({
  name: 'namespaces',
  options: z.object({
    hosts: z.string().transform(text => text.split('+').map(host => host.split('/') as [address: string, pid: string])),
    node: z.string(),
  }),
  async start(request, { hosts, node }) {
    if (request.size > hosts.length) throw new Error(`there are ${hosts.length} hosts`)
    const nodes = hosts.slice(0, request.size).map(([address, pid]): StartedNode => {
      const inside = ['--target', pid, '--mount', '--uts', '--ipc', '--net', '--pid', '--wdns=/', '--']
      const child = spawn('nsenter', [...inside, ...request.command({ node })], { stdio: 'pipe' })
      const exited = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }))
      const { stdin: input, stdout: output, stderr } = child
      return { address, host: address, input, output, stderr, exited, kill: () => void child.kill('SIGKILL') }
    })
    return { nodes, [Symbol.asyncDispose]: () => Promise.resolve() }
  },
})
