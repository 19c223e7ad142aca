import { Socket } from 'node:net'
import { constants } from 'node:os'
import { MessageStream } from '../../process/index.js'
import { LinkWatch } from '../link-watch.js'
import type { Bootstrap, LinkDown, LinkUp } from '../protocol.js'
import { Agent } from './agent.js'

/**
 * So many leases of silence end a node. More than one: an orchestrator that somebody stopped for a while (Ctrl-Z) may
 * go on, and until then its nodes need nothing of it.
 */
const SILENT_LEASES = 6

/**
 * The life of an agent's process: it takes its bootstrap from the orchestrator link (stdin and stdout), lives, and ends.
 * The exit code is 0 only when its fence was seen empty.
 */
export function runAgent(): void {
  continueSupervisor()
  const output = new Socket({ fd: 1 })
  // A flow's top level may print, and stdout is the link. Not `process.stdout` itself: its writes would block.
  Object.defineProperty(process, 'stdout', { value: process.stderr })
  const link = new MessageStream<LinkDown, LinkUp>(process.stdin, output)
  let agent: Agent | undefined
  let exitCode = 0
  let watch: LinkWatch<'orchestrator'> | undefined
  link.onMessage(message => {
    watch?.heard('orchestrator')
    if (message.type === 'bootstrap') {
      watch = watchOrchestrator(message)
      agent = new Agent(message, up => void link.send(up))
      void end(agent, message)
    } else agent?.receive(message)
  })
  link.onEnd(() => {
    agent?.linkEnded()
    endWithout('the orchestrator is gone')
  })
  // From outside, or from the supervisor. Nobody else may know of it: the node ends, and its end tells.
  process.on('SIGTERM', () => {
    exitCode = 128 + constants.signals.SIGTERM
    agent?.toldToEnd('SIGTERM')
    endWithout('the node was told to end')
  })

  /** Nobody waits for the outcome any more. */
  function endWithout(reason: string): void {
    if (agent === undefined) process.exit(exitCode || 1)
    agent.receive({ type: 'stop', reason, graceMs: 1_000 })
    agent.receive({ type: 'end', outcome: 'lost' })
  }

  function watchOrchestrator({ plan }: Bootstrap): LinkWatch<'orchestrator'> {
    const { heartbeatMs, leaseMs } = plan.timeouts
    const started = new LinkWatch<'orchestrator'>({
      heartbeatMs,
      leaseMs: leaseMs * SILENT_LEASES,
      beat: () => void link.send({ type: 'heartbeat' }),
      onSilent: (_, silentMs) => endWithout(`the orchestrator said nothing for ${silentMs} ms`),
    })
    started.expect('orchestrator')
    // The node is there: from now on its own lease runs.
    link.send({ type: 'heartbeat' })
    return started
  }

  async function end(started: Agent, { places }: Bootstrap): Promise<void> {
    try {
      await started.live()
      output.end(() => process.exit(exitCode))
      // The link's reader may be gone.
      setTimeout(() => process.exit(exitCode), 500).unref()
    } catch (error) {
      process.stderr.write(
        `the agent of ${places.nodeDir} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      )
      process.exit(70)
    }
  }
}

/** Somebody may have stopped it (SIGSTOP), and when `flow run` is gone nobody else lets it clean up. */
function continueSupervisor(): void {
  const supervisor = process.ppid
  process.once('exit', () => {
    if (process.ppid !== supervisor) return
    try {
      process.kill(supervisor, 'SIGCONT')
    } catch {
      // It ended first.
    }
  })
}
