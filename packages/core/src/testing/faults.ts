import type { Outcome } from '../store/index.js'
import type { LauncherUnderTest, ProgramUnderTest } from './extension.js'
import { WAITS } from './generate.js'

/** What the failing rank does, or what the kit does to a process of the gang when all ranks run. */
export type Strike =
  | { readonly by: 'rank'; readonly how: 'ok' | 'raise' | 'exit' | 'kill' }
  | { readonly by: 'missing' }
  | {
      readonly by: 'signal'
      readonly signal: NodeJS.Signals
      readonly target: 'orchestrator' | 'supervisor' | 'agent' | 'body' | LauncherUnderTest
      readonly node: number
    }

/** A row of the outcome table (docs/faults.md). */
export interface Fault {
  readonly id: string
  readonly strike: Strike
  /** How the run may end; none when `flow run` itself is killed. */
  readonly outcomes: readonly Outcome[]
  readonly exitCode: number | null
  /** What the message has to say, each of them. */
  readonly says: readonly RegExp[]
  /** From the strike to its being seen, in milliseconds, at most. */
  readonly detectionMs: number
}

/** All faults for an extension, in the order of docs/faults.md. */
export function faultsOf(program: ProgramUnderTest): readonly Fault[] {
  const { ranks, launchers = [], detectionMs = 0 } = program
  const last = (program.nodes ?? 2) - 1
  const words = new RegExp(`last words of rank ${ranks - 1}`)
  const onLast = nodePattern(program.lastRankOn ?? last)
  return [
    fault('ok', { by: 'rank', how: 'ok' }, { outcomes: ['ok'], exitCode: 0 }),
    fault('a rank raises', { by: 'rank', how: 'raise' }, { says: [onLast, /raised on purpose/], detectionMs }),
    fault('a rank exits with 3', { by: 'rank', how: 'exit' }, { says: [onLast, words, /code 3/], detectionMs }),
    fault('a rank is killed', { by: 'rank', how: 'kill' }, { says: [onLast, words, /SIGKILL/], detectionMs }),
    ...(program.missing === undefined
      ? []
      : [fault('no such program', { by: 'missing' }, { outcomes: ['user-error'], says: [/_PROGRAM_MISSING/] })]),
    killed('the body of control', 'body', 0, { says: [nodePattern(0), /SIGKILL/] }),
    ...[last, 0].flatMap(node => [
      killed(`the agent of ${nameOf(node)}`, 'agent', node, lost(node, 'agent')),
      killed(`the supervisor of ${nameOf(node)}`, 'supervisor', node, lost(node, 'supervisor')),
    ]),
    ...[last, 0].map(node =>
      fault(
        `the agent of ${nameOf(node)} is stopped`,
        { by: 'signal', signal: 'SIGSTOP', target: 'agent', node },
        {
          outcomes: ['lost'],
          says: [new RegExp(`node ${node} was lost: (its agent said nothing|nothing was heard of it)`)],
          // Whoever looks does so with each heartbeat.
          detectionMs: WAITS.lease + 2 * WAITS.heartbeat,
        },
      ),
    ),
    ...launchers.map(launcher =>
      killed(launcher.name, launcher, launcher.node, {
        outcomes: ['user-error', 'system-error'],
        says: [launcher.says ?? /SIGKILL|killed|lost/],
        detectionMs,
      }),
    ),
    fault(
      'Ctrl-C',
      { by: 'signal', signal: 'SIGINT', target: 'orchestrator', node: 0 },
      { outcomes: ['cancelled'], exitCode: 130 },
    ),
    killed('flow run', 'orchestrator', 0, { outcomes: [], exitCode: null }),
  ]
}

function lost(node: number, what: string): Partial<Fault> {
  return { outcomes: ['lost'], says: [new RegExp(`node ${node} was lost: its ${what} was killed by SIGKILL`)] }
}

function killed(
  what: string,
  target: 'orchestrator' | 'supervisor' | 'agent' | 'body' | LauncherUnderTest,
  node: number,
  expected: Partial<Fault>,
): Fault {
  return fault(`${what} is killed`, { by: 'signal', signal: 'SIGKILL', target, node }, expected)
}

function fault(id: string, strike: Strike, expected: Partial<Fault>): Fault {
  return { id, strike, outcomes: ['user-error'], exitCode: 1, says: [], detectionMs: 0, ...expected }
}

function nameOf(node: number): string {
  return node === 0 ? 'control' : 'a worker'
}

/** `node 1` and `node1`, not `node 10`. */
function nodePattern(node: number): RegExp {
  return new RegExp(`node ?${node}\\b`)
}
