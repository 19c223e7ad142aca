import { randomBytes } from 'node:crypto'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { localTimeouts } from '../gang/index.js'
import { makeAttemptDir, removeDir } from '../process/index.js'
import type { Allocation, Backend, BackendNode, NodeRequest } from './backend.js'
import { scriptsDir } from './own-files.js'
import { killNode, startSupervisor } from './supervisor.js'

/** Nodes as processes of this machine, each with a directory and a loopback address of its own. */
export const localBackend: Backend = {
  name: 'local',
  isLocal: true,
  barrierMs: localTimeouts.barrierMs,
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
        await removeDir(attemptDir)
      },
    }
  },
}

function startNode(request: NodeRequest, attemptDir: string, index: number, base: number): BackendNode {
  const { code, env } = request
  const fence = `${request.fence}.${index}`
  const nodeDir = join(attemptDir, String(index))
  const { child, ended } = startSupervisor({
    scriptsDir,
    nodeDir,
    fence,
    graceMs: request.timeouts.graceMs,
    agentModule: code.agentModule,
    env,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  })
  return {
    index,
    incarnation: randomBytes(8).toString('hex'),
    address: loopbackAddress(base, index),
    fence,
    places: {
      nodeDir,
      attemptDir,
      scriptsDir,
      flowModule: code.flowModule,
      bodyModule: code.bodyModule,
      filesDir: code.filesDir,
      blobsDir: request.blobsDir,
      logFile: request.logFile(index),
    },
    env,
    // All four are pipes.
    input: child.stdin as Writable,
    output: child.stdout as Readable,
    stderr: child.stderr as Readable,
    kill: () => killNode(fence),
    ended,
  }
}

/**
 * A random place in 127.64.0.0/10: gangs at the same time get addresses of their own. Those of up to 64 nodes end in
 * numbers of three digits, as 127.80.7.100, so that as texts they sort by the node's index: torchrun's c10d ranks nodes so.
 */
function loopbackBase(): number {
  const [high = 0, middle = 0, low = 0] = randomBytes(3)
  return 0x7f_40_00_00 + (high & 0x3f) * 0x1_00_00 + middle * 0x1_00 + 99 + (low % 92)
}

function loopbackAddress(base: number, index: number): string {
  // Other systems have 127.0.0.1 only.
  if (process.platform !== 'linux') return '127.0.0.1'
  const address = base + 1 + index
  return [24, 16, 8, 0].map(shift => (address >>> shift) & 0xff).join('.')
}
