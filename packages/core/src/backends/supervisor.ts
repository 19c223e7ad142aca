import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import { type ExitStatus, Fence, FENCE_VARIABLE } from '../process/index.js'

/** Marks a node's supervisor and agent, which are outside of the fence that they keep. */
const NODE_VARIABLE = 'FLOW_NODE'

export interface SupervisorOptions {
  readonly scriptsDir: string
  readonly nodeDir: string
  /** Marks this node's processes. */
  readonly fence: string
  readonly graceMs: number
  readonly agentModule: string
  readonly env: Readonly<Record<string, string>>
  /** Its link (descriptors 0 and 1), what it says outside of it (2), and its lifeline (3). */
  readonly stdio: StdioOptions
}

/** Starts the outermost process of a node on this machine. */
export function startSupervisor(options: SupervisorOptions): {
  readonly child: ChildProcess
  readonly ended: Promise<ExitStatus>
} {
  const { scriptsDir, nodeDir, fence, agentModule } = options
  const grace = String(Math.ceil(options.graceMs / 1_000))
  const child = spawn(
    '/bin/sh',
    [join(scriptsDir, 'supervisor.sh'), nodeDir, fence, grace, String(process.pid), process.execPath, agentModule],
    { detached: true, env: { ...options.env, [NODE_VARIABLE]: fence }, stdio: options.stdio },
  )
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
  child.stdin?.on('error', () => undefined)
  return { child, ended }
}

/** First the supervisor and the agent, so that they start nothing more, then what they started. */
export async function killNode(fence: string, options?: { readonly prefix: boolean }): Promise<void> {
  for (const variable of [NODE_VARIABLE, FENCE_VARIABLE]) await new Fence(fence, { ...options, variable }).kill()
}
