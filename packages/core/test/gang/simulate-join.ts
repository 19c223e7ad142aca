import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
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
 * Lets `workers` simulated workers join a server of this process, over TLS, and releases them. They share as many
 * processes as this machine has cores, which do what a thousand machines would do side by side, each reading the whole
 * roster: the time is an upper bound.
 */
export async function simulateJoin(workers: number): Promise<JoinMeasure> {
  const dir = await mkdtemp(join(tmpdir(), 'flow-join-'))
  const children: ChildProcess[] = []
  let sampler: NodeJS.Timeout | undefined
  try {
    const outfile = join(dir, 'clients.mjs')
    await build({
      entryPoints: [fileURLToPath(new URL('fixtures/join-clients.ts', import.meta.url))],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
    })
    const before = process.memoryUsage.rss()
    let peak = before
    sampler = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss())
    }, 20)
    await using gang = await startGang(workers)
    const lost = once(gang.server, 'lost').then(([, error]) => {
      throw error as Error
    })
    for (let i = 0; i < availableParallelism(); i++)
      children.push(fork(outfile, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }))
    await Promise.all(children.map(child => once(child, 'message')))
    const nodes = gang.nodes.slice(1).map(identity => ({ identity, key: gang.key(identity.index).toString('hex') }))
    const start = performance.now()
    const released = children.map((child, part) => {
      child.send({
        place: gang.place,
        publicKey: gang.control.publicKey.toString('hex'),
        size: workers + 1,
        nodes: nodes.filter((_, index) => index % children.length === part),
      })
      return once(child, 'message')
    })
    await Promise.race([Promise.all(released), lost])
    const seconds = (performance.now() - start) / 1000
    peak = Math.max(peak, process.memoryUsage.rss())
    const ends = children.map(child => once(child, 'exit'))
    await gang.server.close()
    const codes = (await Promise.all(ends)).map(([code]) => code as number | null)
    if (codes.some(code => code !== 0)) throw new Error(`the simulated workers exited with ${codes.join(', ')}`)
    return { nodes: workers, seconds, peakMB: peak / 1e6, addedMB: (peak - before) / 1e6 }
  } finally {
    clearInterval(sampler)
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  }
}

async function startGang(workers: number): Promise<Gang> {
  let state = newRendezvous(workers + 1)
  const feed = (event: RendezvousEvent): void => {
    const step = rendezvousStep(state, event)
    state = step.state
    for (const output of step.outputs) {
      if (output.type !== 'release') continue
      gang.server.closeEntry()
      gang.server.broadcast('roster', { entries: output.roster })
    }
  }
  const gang = await Gang.start(workers + 1, 'tls', {
    handlers: controlHandlers({
      join: (params, peer) => feed({ type: 'join', index: peer.index, incarnation: peer.incarnation, ...params }),
    }),
    // Thousands of workers in one process are blocked by each other's rosters for longer than a node ever is.
    leaseMs: 60_000,
  })
  feed({ type: 'join', index: 0, incarnation: 'control', slots: 2, address: '127.0.0.1', facts: {} })
  return gang
}
