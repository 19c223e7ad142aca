import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { newRendezvous, type RendezvousEvent, rendezvousStep } from '../../src/gang/rendezvous.js'
import { controlHandlers, Gang } from './harness.js'

export interface JoinMeasure {
  readonly nodes: number
  /** From the first connection that the workers may open to the last worker that has the roster. */
  readonly seconds: number
  /** The server's process: its resident memory at the most, and how much of that the gang added. */
  readonly peakMB: number
  readonly addedMB: number
}

/**
 * Lets `workers` simulated workers join a server of this process, over TLS, and releases them. They share one other
 * process, so its one thread does what a thousand machines would do side by side: the time is an upper bound.
 */
export async function simulateJoin(workers: number): Promise<JoinMeasure> {
  const dir = await mkdtemp(join(tmpdir(), 'flow-join-'))
  const outfile = join(dir, 'clients.mjs')
  await build({ entryPoints: [fileURLToPath(new URL('fixtures/join-clients.ts', import.meta.url))], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24' })
  let state = newRendezvous(workers + 1)
  const feed = (event: RendezvousEvent): void => {
    const step = rendezvousStep(state, event)
    state = step.state
    for (const output of step.outputs) {
      if (output.type === 'release') {
        gang.server.closeEntry()
        gang.server.broadcast('roster', { entries: output.roster })
      }
    }
  }
  const before = process.memoryUsage.rss()
  const gang = await Gang.start(workers + 1, {
    handlers: controlHandlers({ join: (params, peer) => feed({ type: 'join', index: peer.index, incarnation: peer.incarnation, ...params }) }),
  })
  feed({ type: 'join', index: 0, incarnation: 'control', slots: 2, address: '127.0.0.1', facts: {} })
  const child = fork(outfile, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  let peak = before
  const sampler = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 20)
  try {
    await new Promise(resolve => child.once('message', resolve))
    const start = performance.now()
    const nodes = gang.nodes.slice(1).map(identity => ({ identity, key: gang.key(identity.index).toString('hex') }))
    child.send({ host: gang.host, port: gang.port, publicKey: gang.control.publicKey.toString('hex'), nodes })
    await new Promise<void>((resolve, reject) => {
      let released = 0
      child.on('message', message => { if (message === 'released' && ++released === workers) resolve() })
      child.once('exit', code => reject(new Error(`the simulated workers exited with ${code}`)))
    })
    const seconds = (performance.now() - start) / 1000
    peak = Math.max(peak, process.memoryUsage.rss())
    const ended = new Promise<{ released: number }>(resolve => child.on('message', message => { if (typeof message === 'object') resolve(message as { released: number }) }))
    await gang.server.close()
    const { released } = await ended
    if (released !== workers) throw new Error(`${released} of ${workers} had the whole roster`)
    return { nodes: workers, seconds, peakMB: peak / 1e6, addedMB: (peak - before) / 1e6 }
  } finally {
    clearInterval(sampler)
    if (child.exitCode === null) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}
