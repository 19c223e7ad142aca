import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { claimPackage, removeUnused } from '../../package/garbage.js'
import { joinAttemptDir, leaveAttemptDir, sweepAbandoned } from '../../process/index.js'
import { killNode, startSupervisor } from '../supervisor.js'
import type { HostStart } from './boot-protocol.js'

/**
 * What stands in for the orchestrator on a host: starts the node's supervisor, passes the link on to it, and breaks its
 * lifeline when the link ends. Its own end is the node's.
 */
export function runHost(start: HostStart, input: Readable): void {
  const { attemptDir, attemptFence, nodeDir, fence, scriptsDir, cacheDir, packageHash } = start
  claimPackage(cacheDir, packageHash)
  joinAttemptDir(attemptDir, attemptFence)
  copyFileSync(join(scriptsDir, 'rank.sh'), join(attemptDir, 'rank.sh'))
  const { child, ended } = startSupervisor({
    scriptsDir,
    nodeDir,
    fence,
    graceMs: start.graceMs,
    agentModule: start.agentModule,
    env: start.env,
    // The way up is the node's own from here on: nothing has to be copied.
    stdio: ['pipe', 'inherit', 'inherit', 'pipe'],
  })
  const lifeline = child.stdio[3]
  const letGo = (): void => void lifeline?.destroy()
  lifeline?.on('error', () => undefined)
  input.pipe(child.stdin as Writable)
  for (const event of ['end', 'close', 'error']) input.once(event, letGo)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, letGo)
  void ended.then(async ({ exitCode, signal }) => {
    if (signal !== null) await killNode(fence)
    leaveAttemptDir(attemptDir)
    if (signal === null) process.exit(exitCode ?? 70)
    process.kill(process.pid, 'SIGKILL')
  })
  // What attempts left here whose host program was killed, and packages that nothing needs: after the node has started.
  void sweepAbandoned().catch(() => undefined)
  removeUnused(cacheDir)
}
