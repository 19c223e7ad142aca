import type { ProgramUnderTest } from './extension.js'
import { type Fault, nameOf, type Strike, type Target } from './fault.js'
import { WAITS } from './generate.js'
import { stops } from './stops.js'

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
    ...launchers.map(launcher =>
      killed(launcher.name, launcher, launcher.node, {
        outcomes: ['user-error', 'system-error'],
        says: [launcher.says ?? /SIGKILL|killed|lost/],
        detectionMs,
      }),
    ),
    ...stops(program).map(({ id, strike, ...expected }) => fault(id, strike, expected)),
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

function killed(what: string, target: Target, node: number, expected: Partial<Fault>): Fault {
  return fault(`${what} is killed`, { by: 'signal', signal: 'SIGKILL', target, node }, expected)
}

function fault(id: string, strike: Strike, expected: Partial<Fault>): Fault {
  return { id, strike, outcomes: ['user-error'], exitCode: 1, says: [], detectionMs: 0, waits: WAITS, ...expected }
}

/** `node 1` and `node1`, not `node 10`. */
function nodePattern(node: number): RegExp {
  return new RegExp(`node ?${node}\\b`)
}
