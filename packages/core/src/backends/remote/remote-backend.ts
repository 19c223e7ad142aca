import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { FlowError } from '../../errors/index.js'
import { attemptDirAt, Tail } from '../../process/index.js'
import type { Allocation, Backend, BackendNode, NodeRequest } from '../backend.js'
import type { BackendDefinition, StartedNode, StartedNodes } from '../definition.js'
import { Boot } from './boot.js'
import { bootCommand } from './boot-command.js'
import { machineVariables, nodeEnvironment } from './node-environment.js'
import { scriptsName, shipmentOf } from './shipment.js'

/** Queues, images and slow links take their time. */
const BARRIER_MS = 600_000
/** What a node that was killed may take to be seen gone. */
const GONE_MS = 10_000

/** Nodes on other machines, started by a backend that somebody else wrote. */
export function remoteBackend<Options>(definition: BackendDefinition<Options>, options: Options): Backend {
  return {
    name: definition.name,
    isLocal: false,
    barrierMs: BARRIER_MS,
    async allocate(request) {
      const limit = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeouts.barrierMs)])
      const started = await start(definition, options, request)
      try {
        const nodes = await untilAborted(bootAll(started, request), limit, definition.name, request)
        return allocation(started, nodes, request)
      } catch (error) {
        await release(started, 0)
        throw error
      }
    },
  }
}

async function start<Options>(
  definition: BackendDefinition<Options>,
  options: Options,
  request: NodeRequest,
): Promise<StartedNodes> {
  const { task, attempt, size, fence, resources, signal } = request
  const starting = definition.start(
    { task, attempt, size, name: fence, resources, signal, command: bootCommand },
    options,
  )
  const started = await untilAborted(starting, signal, definition.name, request).catch((cause: unknown) => {
    // A backend that does not look at its signal: what it gives later is not wanted.
    void starting.then(late => release(late, 0)).catch(() => undefined)
    if (FlowError.is(cause) || signal.aborted) throw cause
    throw failed(definition.name, `it threw: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  })
  if (started.nodes.length === size) return started
  await release(started, 0)
  throw failed(definition.name, `it gave ${started.nodes.length} of ${size} nodes`)
}

/** All at once, but one after another on the same host: the first brings the code. */
function bootAll(started: StartedNodes, request: NodeRequest): Promise<BackendNode[]> {
  const hosts = new Map<string, Promise<unknown>>()
  return Promise.all(
    started.nodes.map((node, index) => {
      const booted = (hosts.get(node.host) ?? Promise.resolve()).then(() => bootNode(node, index, started, request))
      hosts.set(node.host, booted)
      return booted
    }),
  )
}

async function bootNode(
  node: StartedNode,
  index: number,
  { tempDir = '/tmp', cacheDir: wantedCache }: StartedNodes,
  request: NodeRequest,
): Promise<BackendNode> {
  const { code, pythonEnv } = request
  const stderr = new Tail()
  node.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // EPIPE when it died: its end is what tells.
  for (const stream of [node.input, node.output, node.stderr]) stream.on('error', () => undefined)
  const boot = new Boot(index, node, stderr)
  const trees = shipmentOf(code, pythonEnv)
  const {
    cacheDir,
    missing,
    env: hostEnv,
  } = await boot.ask({
    cacheDir: wantedCache ?? null,
    trees: trees.map(({ name, marker, needs }) => ({ name, marker, needs })),
    variables: machineVariables,
  })
  await boot.ship(trees.filter((_, at) => missing.includes(at)))
  const at = (path: string, root: string): string => join(cacheDir, path.slice(root.length + 1))
  const home = join(code.dir, '../..')
  const attemptDir = attemptDirAt(tempDir, request.fence)
  const nodeDir = join(attemptDir, String(index))
  const fence = `${request.fence}.${index}`
  const scriptsDir = join(cacheDir, scriptsName())
  const env = nodeEnvironment(request, hostEnv)
  await boot.start({
    hostModule: at(code.hostModule, home),
    cacheDir,
    packageHash: code.hash,
    attemptDir,
    attemptFence: request.fence,
    nodeDir,
    fence,
    graceMs: request.timeouts.graceMs,
    scriptsDir,
    agentModule: at(code.agentModule, home),
    env,
  })
  return {
    index,
    incarnation: randomBytes(8).toString('hex'),
    address: node.address,
    fence,
    places: {
      nodeDir,
      attemptDir,
      scriptsDir,
      flowModule: at(code.flowModule, home),
      bodyModule: at(code.bodyModule, home),
      filesDir: at(code.filesDir, home),
      blobsDir: join(nodeDir, 'blobs'),
      logFile: undefined,
    },
    env,
    input: node.input,
    output: node.output,
    stderr: node.stderr,
    kill: () => kill(node),
    ended: node.exited,
  }
}

function allocation(started: StartedNodes, nodes: readonly BackendNode[], request: NodeRequest): Allocation {
  return { nodes, [Symbol.asyncDispose]: () => release(started, request.timeouts.graceMs) }
}

/** The end of its link ends a node by its own means; one that has none left is killed. */
async function release(started: StartedNodes, graceMs: number): Promise<void> {
  await Promise.all(
    started.nodes.map(async node => {
      node.input.end()
      if (graceMs > 0 && (await isGoneWithin(node, graceMs + 1_000))) return
      await kill(node)
    }),
  )
  await started[Symbol.asyncDispose]()
}

async function kill(node: StartedNode): Promise<void> {
  node.input.destroy()
  node.kill()
  await isGoneWithin(node, GONE_MS)
}

async function isGoneWithin(node: StartedNode, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const isGone = await Promise.race([node.exited.then(() => true), late])
  timer.abort()
  return isGone
}

async function untilAborted<T>(work: Promise<T>, limit: AbortSignal, name: string, request: NodeRequest): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => {
    if (request.signal.aborted) aborted.reject(request.signal.reason as Error)
    else aborted.reject(failed(name, `its nodes were not ready within ${request.timeouts.barrierMs} ms`))
  }
  limit.addEventListener('abort', onAbort)
  if (limit.aborted) onAbort()
  work.catch(() => undefined)
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    limit.removeEventListener('abort', onAbort)
  }
}

function failed(name: string, what: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_BACKEND_FAILED', {
    message: `Backend ${name} could not start the gang: ${what}`,
    fix: 'See what the backend needs; its machines may be busy, off, or not reachable from here.',
    cause,
  })
}
