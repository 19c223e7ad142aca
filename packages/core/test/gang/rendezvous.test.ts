import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  missingNodes,
  newRendezvous,
  type RendezvousEvent,
  type RendezvousOutput,
  rendezvousStep,
  type RendezvousState,
} from '../../src/gang/rendezvous.js'

const join = (index: number, incarnation = 'a'): RendezvousEvent => ({
  type: 'join',
  index,
  incarnation,
  slots: 2,
  address: `10.0.0.${index}`,
  facts: { n: index },
})

function play(
  size: number,
  events: readonly RendezvousEvent[],
): { state: RendezvousState; outputs: RendezvousOutput[] } {
  const outputs: RendezvousOutput[] = []
  let state = newRendezvous(size)
  for (const event of events) {
    const step = rendezvousStep(state, event)
    state = step.state
    outputs.push(...step.outputs)
  }
  return { state, outputs }
}

describe('the barrier', () => {
  it('releases once all are in, with the roster by index', () => {
    const { outputs, state } = play(3, [join(2), join(0), join(1), join(1), join(1, 'b')])
    expect(outputs.at(-3)).toEqual({
      type: 'release',
      roster: [0, 1, 2].map(index => ({
        index,
        name: `node${index}`,
        address: `10.0.0.${index}`,
        slots: 2,
        facts: { n: index },
      })),
    })
    expect(outputs.slice(-2)).toEqual(
      ['a', 'b'].map(incarnation => ({ type: 'refused', index: 1, incarnation, reason: 'late' })),
    )
    expect(state.phase).toBe('released')
  })

  it('refuses a second start and a node that is none of it', () => {
    expect(play(2, [join(0), join(0, 'b'), join(2), join(0)]).outputs.slice(1)).toEqual([
      { type: 'refused', index: 0, incarnation: 'b', reason: 'duplicate' },
      { type: 'refused', index: 2, incarnation: 'a', reason: 'unknown' },
    ])
  })

  it('fails at once when an agent ends or is lost, and names who is missing at the deadline', () => {
    expect(play(3, [join(0), { type: 'exit', index: 2, exitCode: 3, stderr: 'no python' }]).outputs.at(-1)).toEqual({
      type: 'failed',
      failure: { reason: 'exit', nodes: [2], exitCode: 3, signal: null, stderr: 'no python' },
    })
    expect(play(3, [join(0), join(1), { type: 'lost', index: 1, incarnation: 'a' }]).outputs.at(-1)).toEqual({
      type: 'failed',
      failure: { reason: 'lost', nodes: [1] },
    })
    expect(play(3, [join(1), { type: 'deadline' }]).outputs.at(-1)).toEqual({
      type: 'failed',
      failure: { reason: 'deadline', nodes: [0, 2] },
    })
  })

  it('holds its promises for any order of events', () => {
    const size = 4
    const index = fc.integer({ min: -1, max: size })
    const incarnation = fc.constantFrom('a', 'b')
    const event: fc.Arbitrary<RendezvousEvent> = fc.oneof(
      { weight: 12, arbitrary: fc.tuple(index, incarnation).map(([i, name]) => join(i, name)) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(index, incarnation)
          .map(([i, name]) => ({ type: 'lost' as const, index: i, incarnation: name })),
      },
      { weight: 1, arbitrary: index.map(i => ({ type: 'exit' as const, index: i })) },
      { weight: 1, arbitrary: fc.constant({ type: 'deadline' as const }) },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), events => {
        const { outputs, state } = play(size, events)
        const ends = outputs.filter(output => output.type === 'release' || output.type === 'failed')
        expect(ends.length).toBeLessThanOrEqual(1)
        expect(ends.length === 0).toBe(state.phase === 'gathering')
        const joined = outputs.filter(output => output.type === 'joined')
        expect(new Set(joined.map(output => output.index)).size).toBe(joined.length)
        expect(outputs.some(output => output.type === 'release')).toBe(joined.length === size)
        // After the end: refusals only.
        if (ends[0] !== undefined)
          expect(outputs.slice(outputs.indexOf(ends[0]) + 1).every(output => output.type === 'refused')).toBe(true)
        if (state.phase === 'gathering') expect(missingNodes(state).length + joined.length).toBe(size)
        if (state.phase === 'failed' && state.failure.reason === 'deadline')
          expect(state.failure.nodes.length).toBe(size - joined.length)
      }),
      { numRuns: 1000 },
    )
  })
})
