import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { defineBackend, type StartedNode } from '@flow/core'
import { z } from 'zod'

/**
 * hosts-backend.ts, but the last node of the first attempt cannot be reached once it is to be killed: it counts as gone,
 * while its program goes on, and its streams stay open, as behind a network that swallows everything.
 */
export default defineBackend({
  name: 'unreachable',
  options: z.object({
    hosts: z.string().transform(text => text.split('+').map(host => host.split('/') as [address: string, pid: string])),
    node: z.string(),
  }),
  async start(request, { hosts, node }) {
    const nodes = hosts.slice(0, request.size).map(([address, pid], index): StartedNode => {
      const inside = ['--target', pid, '--mount', '--uts', '--net', '--pid', '--wdns=/', '--']
      const child = spawn('nsenter', [...inside, ...request.command({ node })], { stdio: 'pipe' })
      const ended = once(child, 'close').then(([exitCode, signal]) => ({ exitCode, signal }))
      const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<{ exitCode: null; signal: 'SIGKILL' }>()
      const [input, output] = [new PassThrough(), new PassThrough()]
      input.pipe(child.stdin, { end: false })
      child.stdout.pipe(output)
      child.stdin.on('error', () => undefined)
      const isOutOfReach = request.attempt === 0 && index === request.size - 1
      if (!isOutOfReach) input.once('end', () => child.stdin.end())
      const kill = (): void => {
        if (isOutOfReach) giveUp({ exitCode: null, signal: 'SIGKILL' })
        else child.kill('SIGKILL')
      }
      return {
        address,
        host: address,
        input,
        output,
        stderr: child.stderr,
        exited: Promise.race([ended, givenUp]),
        kill,
      }
    })
    return { nodes, [Symbol.asyncDispose]: () => Promise.resolve() }
  },
})
