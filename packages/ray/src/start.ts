import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { argumentWords, FlowError, hostPort, type PortLease, type ReadyContext } from '@flow/core'
import type { RayNode } from './api.js'
import { programEnvironment, startEnvironment } from './environment.js'
import type { Installation } from './installation.js'
import { type RayOptions, START_TIMEOUT_MS } from './options.js'
import { type HeadPorts, objectStoreOf, startWords } from './start-command.js'
import { waitForNodes } from './wait-for-nodes.js'

const program = fileURLToPath(new URL('../programs/node.py', import.meta.url))

/** The facts by which control tells how to reach the cluster, and that its head is up. They go over the channel only. */
const FACT = 'ray'
const HEAD_IS_UP = 'rayHeadIsUp'

interface HeadFact {
  readonly ports: HeadPorts
  readonly token: string | null
}

/** The cluster as the body gets it. */
export interface Cluster {
  readonly address: string
  readonly dashboardUrl: string | undefined
  readonly nodes: readonly RayNode[]
  readonly storagePath: string
}

/**
 * Starts this node's part of the cluster. On control it settles when all nodes are in it.
 *
 * @throws `FLOW_RAY_START_FAILED`, `FLOW_RAY_NODES_MISSING`
 */
export async function startRay(
  ctx: ReadyContext,
  { python }: Installation,
  options: RayOptions,
): Promise<Cluster | undefined> {
  const { me, roster, plan } = ctx
  const [head] = roster
  if (head === undefined) throw new TypeError('a gang without nodes')
  const timeoutMs = options.startTimeout ?? START_TIMEOUT_MS
  const tempDir = join(ctx.dir, 'ray')
  const scratchDir = join(tempDir, 'tmp')
  const storagePath = options.storagePath ?? join(ctx.dir, 'ray-storage')
  await mkdir(scratchDir, { recursive: true, mode: 0o700 })
  await mkdir(join(ctx.dir, 'ray-storage'), { recursive: true, mode: 0o700 })

  const leases = ctx.isControl ? await leasePorts(ctx) : undefined
  const { ports, token } =
    leases === undefined
      ? ((await ctx.fact(FACT, { from: 0 })) as HeadFact)
      : { ports: leases.ports, token: options.auth === 'none' ? null : randomBytes(32).toString('hex') }
  if (leases !== undefined) await ctx.publish({ [FACT]: { ports, token } })

  const tokenFile = token === null ? undefined : join(ctx.dir, 'ray-token')
  if (tokenFile !== undefined && token !== null) await writeFile(tokenFile, token, { mode: 0o600 })
  const address = hostPort(head.address, ports.gcs)
  const dashboardUrl = `http://${hostPort(head.address, ports.dashboard)}`
  const workerLogs = options.workerLogs ?? false
  const own = programEnvironment({ address, dashboardUrl, storagePath, tempDir, tokenFile, workerLogs })
  for (const [name, value] of Object.entries(own)) ctx.setEnv(name, value)

  const words = startWords({
    me,
    head,
    ports,
    tempDir,
    resources: plan.resources,
    objectStore: await objectStoreOf(options.objectStoreMemory, roster, me, scratchDir),
    extra: argumentWords(options.startArgs),
  })
  const go = join(tempDir, 'go')
  const settings = [
    ...(ctx.isControl ? [`--client-port=${ports.client}`] : [`--go=${go}`]),
    ...(workerLogs ? [`--worker-logs=${join(tempDir, 'session_latest/logs')}`] : []),
  ]
  const service = {
    name: 'ray',
    command: [python, program, ...settings, '--', ...words],
    env: startEnvironment({ ports, timeoutMs, scratchDir, workDir: ctx.workDir, pythonPath: ctx.env['PYTHONPATH'] }),
    ready: /^Ray is ready on this node$/,
    readyTimeout: timeoutMs,
    // Ray's daemons take seconds over SIGTERM, and restart each other's children meanwhile.
    graceMs: 0,
  }
  await leases?.release()
  try {
    if (ctx.isControl) await ctx.service(service)
    else {
      const headIsUp = ctx.fact(HEAD_IS_UP, { from: 0, timeout: timeoutMs }).then(() => writeFile(go, ''))
      await Promise.all([ctx.service({ ...service, readyTimeout: 2 * timeoutMs }), headIsUp])
    }
  } catch (error) {
    throw ctx.signal.aborted ? error : notStarted(error, me.name, words)
  }
  if (!ctx.isControl) return undefined
  await ctx.publish({ [HEAD_IS_UP]: true })
  const [nodes, hasDashboard] = await Promise.all([waitForNodes(ctx, python, timeoutMs), answers(dashboardUrl)])
  return { address, storagePath, nodes, dashboardUrl: hasDashboard ? dashboardUrl : undefined }
}

/** Ray starts its dashboard only where it was installed with it; the head is ready after it. */
async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: 'manual' })
    return true
  } catch {
    return false
  }
}

const PORTS = ['gcs', 'dashboard', 'client', 'autoscalerMetrics', 'dashboardMetrics'] as const

async function leasePorts(ctx: ReadyContext): Promise<{ readonly ports: HeadPorts; release(): Promise<void> }> {
  const leases = await Promise.all(PORTS.map(async (name): Promise<[string, PortLease]> => [name, await ctx.lease()]))
  return {
    ports: Object.fromEntries(leases.map(([name, lease]) => [name, lease.port])) as unknown as HeadPorts,
    release: async () => void (await Promise.all(leases.map(([, lease]) => lease.release()))),
  }
}

function notStarted(error: unknown, node: string, words: readonly string[]): FlowError {
  const { message, why } = FlowError.is(error) ? error : { message: String(error), why: undefined }
  return new FlowError('FLOW_RAY_START_FAILED', {
    message: `Ray did not start on ${node}: ${message.replace(/^Service 'ray' did not start: /, '')}`,
    why,
    fix: 'Read what it says above. A slow machine may need more time: @ray({ startTimeout: 300_000 }).',
    details: { command: ['ray', ...words] },
    cause: error,
  })
}
