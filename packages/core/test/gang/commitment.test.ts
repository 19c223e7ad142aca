import { mkdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type CommitmentEvent,
  type CommitmentOutput,
  type CommitmentState,
  commitmentStep,
  newCommitment,
} from '../../src/gang/commitment.js'
import { newRendezvous, type RendezvousEvent, rendezvousStep } from '../../src/gang/rendezvous.js'
import { type EndRecord, Metadata, type Outcome, type Verdict } from '../../src/store/index.js'
import { tempHome } from '../store/temp-home.js'

const done = (node: number): CommitmentEvent => ({ type: 'done', node })
const endOf = (node: number): EndRecord => ({ node, what: 'agent', signal: 'SIGKILL', excerpt: '', at: 0 })
const ended = (node: number): CommitmentEvent => ({ type: 'ended', end: endOf(node) })
const verdictOf = (outcome: Outcome): Verdict => ({ outcome, message: outcome, victims: [], timeline: {} })
const proposed = (outcome: Outcome): CommitmentEvent => ({ type: 'proposed', verdict: verdictOf(outcome) })
const cancelled: CommitmentEvent = { type: 'cancelled' }

function play(
  size: number,
  events: readonly CommitmentEvent[],
): { readonly state: CommitmentState; readonly outputs: readonly CommitmentOutput[] } {
  let state = newCommitment(size)
  const outputs = events.flatMap(event => {
    const step = commitmentStep(state, event)
    state = step.state
    return step.outputs
  })
  return { state, outputs }
}

/** The verdicts given out, and the nodes whose end control was told. */
function said(events: readonly CommitmentEvent[], size = 3): readonly (string | number)[] {
  return play(size, events).outputs.map(output => (output.type === 'commit' ? output.verdict.message : output.end.node))
}

describe('the commitment of an attempt', () => {
  it("takes control's 'ok' when every node's artifacts are here, in whatever order both come", () => {
    expect(said([done(0), done(2), done(1)])).toEqual([])
    expect(said([done(0), done(2), done(1), proposed('ok')])).toEqual(['ok'])
    expect(said([done(1), proposed('ok'), done(0), done(2), ended(1), proposed('lost')])).toEqual(['ok'])
  })

  it('takes any other verdict of control at once', () => {
    expect(said([done(1), proposed('user-error'), ended(0), cancelled])).toEqual(['user-error'])
  })

  it('is lost when control vanishes, however far it was', () => {
    expect(said([ended(0)])).toEqual(['node 0 was lost: its agent was killed by SIGKILL'])
    expect(said([done(0), done(1), proposed('ok'), ended(0)])).toEqual([
      'node 0 was lost: its agent was killed by SIGKILL',
    ])
  })

  it('leaves the end of a worker to control, told once, unless the ok of control waits for its artifacts', () => {
    expect(said([ended(1), ended(1), proposed('lost')])).toEqual([1, 'lost'])
    expect(said([done(0), done(2), proposed('ok'), ended(1)])).toEqual([
      'node 1 was lost: its agent was killed by SIGKILL',
    ])
    expect(said([done(0), done(2), ended(1), proposed('ok')])).toEqual([
      1,
      'node 1 was lost: its agent was killed by SIGKILL',
    ])
    // What it had to give is here.
    expect(said([done(1), ended(1), done(0), proposed('ok'), done(2)])).toEqual([1, 'ok'])
  })
})

const size = 4
const node = fc.integer({ min: 0, max: size - 1 })
const outcome = fc.constantFrom<Outcome>('ok', 'user-error', 'lost')
const commitmentEvent: fc.Arbitrary<CommitmentEvent> = fc.oneof(
  { weight: 12, arbitrary: node.map(done) },
  { weight: 2, arbitrary: outcome.map(proposed) },
  { weight: 1, arbitrary: node.map(ended) },
  { weight: 1, arbitrary: fc.constant(cancelled) },
)

describe('for any order of events', () => {
  it('there is one verdict, nothing after it, and ok only with the artifacts of all', () => {
    fc.assert(
      fc.property(fc.array(commitmentEvent, { maxLength: 40 }), events => {
        const { state, outputs } = play(size, events)
        const commits = outputs.filter(output => output.type === 'commit')
        expect(commits).toHaveLength(state.phase === 'committed' ? 1 : 0)
        const [first] = commits
        if (first === undefined) return
        expect(outputs.at(-1)).toBe(first)
        if (first.verdict.outcome !== 'ok') return
        const before = events.slice(
          0,
          events.findIndex((_, index) => play(size, events.slice(0, index + 1)).state.phase === 'committed') + 1,
        )
        for (let index = 0; index < size; index++) expect(before).toContainEqual(done(index))
        expect(before).toContainEqual(proposed('ok'))
        expect(before).not.toContainEqual(ended(0))
      }),
      { numRuns: 1000 },
    )
  })

  it('there is an end once control has spoken or is gone, and every worker is done or gone', () => {
    const last = (index: number): fc.Arbitrary<CommitmentEvent> => fc.constantFrom(done(index), ended(index))
    const ends = fc
      .tuple(fc.constantFrom(proposed('ok'), proposed('lost'), ended(0)), fc.constant(done(0)), ...[1, 2, 3].map(last))
      .chain(events => fc.shuffledSubarray(events, { minLength: events.length }))
    fc.assert(
      fc.property(fc.array(commitmentEvent, { maxLength: 20 }), ends, (events, closing) => {
        expect(play(size, [...events, ...closing]).state.phase).toBe('committed')
      }),
      { numRuns: 1000 },
    )
  })

  it('of attempts, late ones among them: never two rosters of one, each committed once, an old one never', () => {
    const home = tempHome()
    mkdirSync(home)
    using metadata = Metadata.open(home)
    const runId = metadata.createRun({ flow: 'F', parameters: {} })
    const attemptOf = fc.integer({ min: 0, max: 2 })
    const join = fc.tuple(node, fc.constantFrom('a', 'b')).map(([index, incarnation]): RendezvousEvent => ({
      type: 'join',
      index,
      incarnation,
      slots: 1,
      address: '',
      facts: {},
    }))
    const action = fc.oneof(
      { weight: 1, arbitrary: fc.constant('next attempt' as const) },
      { weight: 8, arbitrary: fc.record({ to: attemptOf, barrier: join }) },
      { weight: 12, arbitrary: fc.record({ to: attemptOf, event: commitmentEvent }) },
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), actions => {
        const path = `F/${runId}/work/${metadata.createTask(runId, 'work')}`
        const attempts: { barrier: ReturnType<typeof newRendezvous>; commitment: CommitmentState; releases: number }[] =
          []
        const committed: number[] = []
        const begin = (): void => {
          metadata.startAttempt(path, attempts.length)
          attempts.push({ barrier: newRendezvous(size), commitment: newCommitment(size), releases: 0 })
        }
        begin()
        for (const one of actions) {
          if (one === 'next attempt') {
            if (attempts.length < 3) begin()
            continue
          }
          const attempt = attempts[one.to]
          if (attempt === undefined) continue
          if ('barrier' in one) {
            const joined = attempt.barrier.phase === 'gathering' ? size - attempt.barrier.missing : size
            const step = rendezvousStep(attempt.barrier, one.barrier)
            attempt.barrier = step.state
            const released = step.outputs.filter(output => output.type === 'release')
            attempt.releases += released.length
            if (released.length > 0) expect(joined).toBe(size - 1)
          } else {
            const step = commitmentStep(attempt.commitment, one.event)
            attempt.commitment = step.state
            for (const output of step.outputs) {
              if (output.type !== 'commit') continue
              const { verdict } = output
              const isCommitted = metadata.commitAttempt({
                path,
                attempt: one.to,
                outcome: verdict.outcome,
                verdict,
                artifacts: [{ from: { hash: `h${one.to}`, encoding: 'json', size: 1 } }],
              })
              expect(isCommitted).toBe(one.to === attempts.length - 1)
              if (isCommitted) committed.push(one.to)
            }
          }
        }
        expect(attempts.every(({ releases }) => releases <= 1)).toBe(true)
        expect(new Set(committed).size).toBe(committed.length)
        const rows = metadata.attempts(path).filter(row => row.outcome !== undefined)
        expect(rows.map(row => row.attempt)).toEqual(committed)
      }),
      { numRuns: 150 },
    )
  })
})
