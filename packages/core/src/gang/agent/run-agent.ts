import { Socket } from 'node:net'
import { MessageStream } from '../../process/index.js'
import type { Bootstrap, LinkDown, LinkUp } from '../protocol.js'
import { Agent } from './agent.js'

/**
 * The life of an agent's process: it takes its bootstrap from the orchestrator link (stdin and stdout), lives, and ends.
 * The exit code is 0 only when its fence was seen empty.
 */
export function runAgent(): void {
  const output = new Socket({ fd: 1 })
  // A flow's top level may print, and stdout is the link. Not `process.stdout` itself: its writes would block.
  Object.defineProperty(process, 'stdout', { value: process.stderr })
  const link = new MessageStream<LinkDown, LinkUp>(process.stdin, output)
  let agent: Agent | undefined
  link.onMessage(message => {
    if (message.type === 'bootstrap') {
      agent = new Agent(message, up => void link.send(up))
      void end(agent, message)
    } else agent?.receive(message)
  })
  // The orchestrator is gone: nobody waits for the outcome any more.
  link.onEnd(() => {
    if (agent === undefined) process.exit(1)
    else agent.receive({ type: 'stop', reason: 'the orchestrator is gone', graceMs: 1_000 })
    agent.receive({ type: 'end', outcome: 'lost' })
  })
  process.on('SIGTERM', () => agent?.receive({ type: 'stop', reason: 'the node was told to end', graceMs: 1_000 }))

  async function end(started: Agent, { places }: Bootstrap): Promise<void> {
    try {
      await started.live()
      output.end(() => process.exit(0))
      // The link's reader may be gone.
      setTimeout(() => process.exit(0), 500).unref()
    } catch (error) {
      process.stderr.write(
        `the agent of ${places.nodeDir} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      )
      process.exit(70)
    }
  }
}
