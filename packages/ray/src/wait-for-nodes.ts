import { fileURLToPath } from 'node:url'
import { FlowError, type ReadyContext } from '@flow/core'
import type { RayNode } from './api.js'

const program = fileURLToPath(new URL('../programs/nodes.py', import.meta.url))

/** An interpreter under load needs so long to come up and to see that there is nothing to see, in milliseconds. */
const PROGRAM_MS = 60_000

/**
 * Waits until Ray itself says that every node of the gang is in the cluster.
 *
 * @throws `FLOW_RAY_NODES_MISSING` with their names, `FLOW_RAY_START_FAILED`
 */
export async function waitForNodes(ctx: ReadyContext, python: string, timeoutMs: number): Promise<readonly RayNode[]> {
  const addresses = ctx.roster.map(entry => entry.address)
  const result = await ctx.exec([python, program], {
    input: { addresses, timeoutMs },
    timeout: timeoutMs + PROGRAM_MS,
  })
  if (result.exitCode !== 0) {
    throw new FlowError('FLOW_RAY_START_FAILED', {
      message: result.timedOut
        ? 'Nothing could connect to the Ray cluster'
        : 'A program could not connect to the Ray cluster',
      why: result.stderr.trimEnd().split('\n').slice(-30).join('\n'),
      fix: 'Read the log of node 0. A proxy or firewall must not stand between the nodes.',
    })
  }
  const seen = result.output as readonly Omit<RayNode, 'node'>[]
  const nodes = ctx.roster.flatMap(({ index, address }) => {
    const node = seen.find(one => one.address === address)
    return node === undefined ? [] : [{ node: index, ...node }]
  })
  const missing = ctx.roster.filter(({ index }) => !nodes.some(one => one.node === index))
  if (missing.length === 0) return nodes
  const names = missing.map(({ name, address }) => `${name} (${address})`).join(', ')
  throw new FlowError('FLOW_RAY_NODES_MISSING', {
    message: `${names} did not join the Ray cluster within ${timeoutMs} ms`,
    why: `${nodes.length} of ${ctx.roster.length} nodes are in it.`,
    fix: 'Read the logs of these nodes. A slow machine may need more time: @ray({ startTimeout: 300_000 }).',
    details: { missing: missing.map(({ index }) => index) },
  })
}
