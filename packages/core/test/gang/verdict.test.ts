import { describe, expect, test } from 'vitest'
import type { FailureReport } from '../../src/gang/protocol.js'
import { describeEnd, Settler } from '../../src/gang/verdict.js'
import type { EndRecord, Outcome } from '../../src/store/index.js'

function report(
  node: number,
  ageMs: number,
  end: Partial<EndRecord> = {},
  outcome: Outcome = 'user-error',
): FailureReport {
  return { end: { node, what: 'body', excerpt: '', at: 0, ...end }, outcome, ageMs }
}

function settle(...reports: readonly (readonly [at: number, FailureReport])[]): {
  first: number | undefined
  victims: number[]
} {
  let now = 0
  const settler = new Settler(() => now)
  for (const [at, one] of reports) {
    now = at
    settler.add(one)
  }
  const verdict = settler.verdict({})
  return { first: verdict?.first?.node, victims: verdict?.victims.map(end => end.node) ?? [] }
}

describe('the settler', () => {
  test('has no verdict while nothing failed', () => {
    const settler = new Settler()
    settler.addVictim(report(1, 0).end)
    expect([settler.isEmpty, settler.verdict({})]).toEqual([true, undefined])
  })

  test('takes the oldest for the cause, not the one that was told first', () => {
    expect(settle([0, report(1, 0)], [100, report(2, 900)], [200, report(3, 0)])).toEqual({ first: 2, victims: [1, 3] })
  })

  test('age counts, whatever kind a later end is', () => {
    expect(settle([1_000, report(1, 500, { exitCode: 1 })], [1_000, report(2, 249, { signal: 'SIGSEGV' })]).first).toBe(
      1,
    )
  })

  test.each([
    ['a signal before an exit code', { signal: 'SIGSEGV' }, 'user-error', { exitCode: 1 }, 'user-error'],
    ['a signal before a lost connection', { signal: 'SIGKILL' }, 'user-error', {}, 'lost'],
    ['an exit code before a lost connection', { exitCode: 3 }, 'user-error', {}, 'lost'],
    ['an exception before a lost connection', { excerpt: 'Error: x' }, 'user-error', {}, 'lost'],
  ] as const)('within the uncertainty of clocks kind decides: %s', (_, cause, outcome, other, otherOutcome) => {
    const [first, second] = [report(1, 200, other, otherOutcome), report(2, 0, cause, outcome)]
    expect(settle([1_000, first], [1_000, second])).toEqual({ first: 2, victims: [1] })
    expect(settle([1_000, second], [1_000, first])).toEqual({ first: 2, victims: [1] })
  })

  test('of one kind the older is the cause, however close', () => {
    expect(settle([0, report(1, 0, { exitCode: 1 })], [0, report(2, 1, { exitCode: 1 })]).first).toBe(2)
  })

  test("the verdict is the cause's own, with all others as victims and the error kept", () => {
    const settler = new Settler(() => 0)
    const error = { name: 'TypeError', message: 'no' }
    settler.add({ ...report(1, 10, { excerpt: 'TypeError: no\n  at x' }), error })
    settler.add(report(2, 0, {}, 'lost'))
    settler.addVictim(report(3, 0, { signal: 'SIGTERM' }).end)
    expect(settler.verdict({ barrier: 5 })).toMatchObject({
      outcome: 'user-error',
      message: 'the body of node 1 failed: TypeError: no',
      first: { node: 1 },
      victims: [{ node: 2 }, { node: 3, signal: 'SIGTERM' }],
      timeline: { barrier: 5 },
      error,
    })
  })
})

describe('the sentence of an end', () => {
  test.each([
    [{ node: 2, what: 'body', exitCode: 3, signal: null }, 'user-error', 'the body of node 2 exited with code 3'],
    [
      { node: 2, what: 'body', exitCode: null, signal: 'SIGKILL' },
      'user-error',
      'the body of node 2 was killed by SIGKILL',
    ],
    [
      { node: 2, rank: 5, what: 'rank', exitCode: 1, signal: null },
      'user-error',
      'rank 5 on node 2 exited with code 1',
    ],
    [{ node: 0, what: 'body', excerpt: 'Error: one\n  at two' }, 'user-error', 'the body of node 0 failed: Error: one'],
    [{ node: 3, what: 'agent', excerpt: '' }, 'lost', 'node 3 was lost: its agent ended'],
    [{ node: 3, what: 'agent', excerpt: 'heard nothing' }, 'lost', 'node 3 was lost: heard nothing'],
    [
      { node: 3, what: 'agent', exitCode: null, signal: 'SIGKILL', excerpt: 'x' },
      'lost',
      'node 3 was lost: its agent was killed by SIGKILL',
    ],
    [{ node: 0, what: 'run', excerpt: 'Ctrl-C' }, 'cancelled', 'cancelled: Ctrl-C'],
    [{ node: 0, what: 'run', excerpt: 'after 5 s' }, 'timeout', 'timed out: after 5 s'],
  ] as const)('%j', (end, outcome, sentence) => {
    expect(describeEnd({ excerpt: '', at: 0, ...end }, outcome)).toBe(sentence)
  })
})
