import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ExitStatus, Fence, FENCE_VARIABLE, makeAttemptDir } from '../process/index.js'
import type { Allocation, Backend, BackendNode, NodeRequest } from './backend.js'

const scriptsDir = fileURLToPath(new URL('../../scripts/', import.meta.url))

/** Marks a node's supervisor and agent, which are outside of the fence that they keep. */
const NODE_VARIABLE = 'FLOW_NODE'

/** Nodes as processes of this machine, each with a directory and a loopback address of its own. */
export const localBackend: Backend = {
  name: 'local',
  async allocate(request: NodeRequest): Promise<Allocation> {
    const attemptDir = makeAttemptDir(request.fence)
    // At the same place for every node, under a short path: launchers put it into their command lines.
    copyFileSync(join(scriptsDir, 'rank.sh'), join(attemptDir, 'rank.sh'))
    const base = loopbackBase()
    const nodes = Array.from({ length: request.size }, (_, index) => startNode(request, attemptDir, index, base))
    return {
      nodes,
      [Symbol.asyncDispose]: async () => {
        // Supervisors and agents that ended are not among them, and have swept their own.
        await killNode(`${request.fence}.`, { prefix: true })
        await Promise.all(nodes.map(node => node.ended))
        await rm(attemptDir, { recursive: true, force: true, maxRetries: 3 })
      },
    }
  },
}

function startNode(request: NodeRequest, attemptDir: string, index: number, base: number): BackendNode {
  const fence = `${request.fence}.${index}`
  const nodeDir = join(attemptDir, String(index))
  const grace = String(Math.ceil(request.graceMs / 1_000))
  const supervisor = join(scriptsDir, 'supervisor.sh')
  const child = spawn('/bin/sh', [supervisor, nodeDir, fence, grace, process.execPath, request.package.agentModule], {
    detached: true,
    env: { ...request.env, [NODE_VARIABLE]: fence },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<ExitStatus>(resolve => {
    // Not 'exit': what the node said last is read first. Its supervisor has swept whoever could hold the pipes open.
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
    child.once('error', () => resolve({ exitCode: 127, signal: null }))
    // A supervisor outlives its agent, unless it was killed itself: the node is then without a guard, and has to end.
    child.once('exit', (_, signal) => {
      if (signal !== null) void killNode(fence)
    })
  })
  // EPIPE when the node died: its end is what tells.
  child.stdin.on('error', () => undefined)
  return {
    index,
    incarnation: randomBytes(8).toString('hex'),
    address: loopbackAddress(base, index),
    fence,
    places: {
      nodeDir,
      attemptDir,
      scriptsDir,
      flowModule: request.package.flowModule,
      bodyModule: request.package.bodyModule,
      filesDir: request.package.filesDir,
      blobsDir: request.blobsDir,
      logFile: request.logFile(index),
    },
    input: child.stdin,
    output: child.stdout,
    stderr: child.stderr,
    kill: () => killNode(fence),
    ended,
  }
}

/** First the supervisor and the agent, so that they start nothing more, then what they started. */
async function killNode(fence: string, options?: { readonly prefix: boolean }): Promise<void> {
  for (const variable of [NODE_VARIABLE, FENCE_VARIABLE]) await new Fence(fence, { ...options, variable }).kill()
}

/** A random place in 127.64.0.0/10: gangs at the same time get addresses of their own. */
function loopbackBase(): number {
  return 0x7f_40_00_00 + (randomBytes(4).readUInt32BE() % 0x3f_ff_00)
}

function loopbackAddress(base: number, index: number): string {
  // Other systems have 127.0.0.1 only.
  if (process.platform !== 'linux') return '127.0.0.1'
  const address = base + 1 + index
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.')
}
