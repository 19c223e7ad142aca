import type { ProgramUnderTest } from './extension.js'
import { type Fault, nameOf, type Pause, type SignalStrike, type Target } from './fault.js'
import { WAITS } from './generate.js'

/** A stopped fault, but for what all faults have unless they say something else. */
type Stop = Partial<Fault> & { readonly id: string; readonly strike: SignalStrike }

/** A short lease, as these wait for several of them. */
const SHORT = { ...WAITS, heartbeat: 300, lease: 1_000 }
/** So many leases of silence of `flow run` end its nodes. */
const SILENT_LEASES = 6
/** A supervisor's stop is told by nobody: long enough that somebody could. */
const UNNOTICED_MS = 2 * WAITS.heartbeat

/** SIGSTOP to each process of a gang: only an agent's is noticed as the loss of a node, after the lease. */
export function stops(program: ProgramUnderTest): readonly Stop[] {
  const { ranks, launchers = [] } = program
  const last = (program.nodes ?? 2) - 1
  const rankNode = program.lastRankOn ?? last
  return [
    ...[last, 0].map(node => agentOf(node)),
    ...[last, 0].map(node =>
      goesOn(`the supervisor of ${nameOf(node)} is stopped`, 'supervisor', node, { until: UNNOTICED_MS }),
    ),
    goesOn('the body of control is stopped', 'body', 0, { until: told(0) }),
    goesOn('a rank is stopped', { rank: ranks - 1 }, rankNode, { until: told(rankNode) }),
    ...launchers.map(launcher =>
      goesOn(`${launcher.name} is stopped`, launcher, launcher.node, { until: told(launcher.node) }),
    ),
    {
      ...goesOn('flow run is stopped for three leases', 'orchestrator', 0, {
        until: 3 * SHORT.lease,
        isContinued: true,
      }),
      waits: SHORT,
    },
    longStop(),
  ]
}

function agentOf(node: number): Stop {
  return {
    id: `the agent of ${nameOf(node)} is stopped`,
    strike: { by: 'signal', signal: 'SIGSTOP', target: 'agent', node },
    outcomes: ['lost'],
    says: [new RegExp(`node ${node} was lost: (its agent said nothing|nothing was heard of it)`)],
    // Whoever looks does so with each heartbeat.
    detectionMs: WAITS.lease + 2 * WAITS.heartbeat,
  }
}

/** Nothing ends by it; Ctrl-C ends the gang, and what is stopped with it. */
function goesOn(id: string, target: Target, node: number, pause: Pause): Stop {
  return {
    id,
    strike: { by: 'signal', signal: 'SIGSTOP', target, node, pause },
    outcomes: ['cancelled'],
    exitCode: 130,
  }
}

/** The nodes end by themselves; when `flow run` goes on, it finds them gone. */
function longStop(): Stop {
  const pause: Pause = { until: 'nodes end', isContinued: true, isInterrupted: false }
  return {
    id: 'flow run is stopped for longer',
    strike: { by: 'signal', signal: 'SIGSTOP', target: 'orchestrator', node: 0, pause },
    outcomes: ['lost'],
    says: [/node \d+ was lost/],
    detectionMs: SILENT_LEASES * SHORT.lease + 2 * SHORT.heartbeat,
    waits: SHORT,
  }
}

function told(node: number): RegExp {
  return new RegExp(`on node ${node} is stopped \\(state T\\)$`)
}
