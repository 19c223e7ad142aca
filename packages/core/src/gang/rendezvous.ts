import type { RosterEntry } from '../flow/index.js'

/** What a node tells when it enters the barrier. */
export interface Join {
  readonly index: number
  readonly incarnation: string
  readonly slots: number
  readonly address: string
  readonly facts: Readonly<Record<string, unknown>>
}

export type RendezvousEvent =
  | ({ readonly type: 'join' } & Join)
  /** The backend or a supervisor says that a node's agent ended. */
  | {
      readonly type: 'exit'
      readonly index: number
      readonly exitCode?: number | null
      readonly signal?: string | null
      readonly stderr?: string
    }
  /** A joined node's lease ran out. */
  | { readonly type: 'lost'; readonly index: number; readonly incarnation: string }
  | { readonly type: 'deadline' }

/** Why a join was refused. */
export type JoinRefusal =
  /** Another start of this node is in already. */
  | 'duplicate'
  /** The roster is out, or the gang failed. */
  | 'late'
  /** No node of this gang has that index. */
  | 'unknown'

/** Why the gang cannot start, and which nodes to name. */
export type RendezvousFailure =
  | {
      readonly reason: 'exit'
      readonly nodes: readonly number[]
      readonly exitCode: number | null
      readonly signal: string | null
      readonly stderr: string
    }
  | { readonly reason: 'lost'; readonly nodes: readonly number[] }
  | { readonly reason: 'deadline'; readonly nodes: readonly number[] }

export type RendezvousOutput =
  | { readonly type: 'joined'; readonly index: number; readonly missing: number }
  | { readonly type: 'refused'; readonly index: number; readonly incarnation: string; readonly reason: JoinRefusal }
  /** All are in. Given out exactly once, and never after a failure. */
  | { readonly type: 'release'; readonly roster: readonly RosterEntry[] }
  | { readonly type: 'failed'; readonly failure: RendezvousFailure }

export type RendezvousState =
  /** `joined` has a place for each node, by index. */
  | {
      readonly phase: 'gathering'
      readonly size: number
      readonly joined: readonly (Join | undefined)[]
      readonly missing: number
    }
  | { readonly phase: 'released'; readonly size: number; readonly roster: readonly RosterEntry[] }
  | { readonly phase: 'failed'; readonly size: number; readonly failure: RendezvousFailure }

interface Step {
  readonly state: RendezvousState
  readonly outputs: readonly RendezvousOutput[]
}

type Phase = RendezvousState['phase']
type In<P extends Phase> = Extract<RendezvousState, { readonly phase: P }>
type Of<T extends RendezvousEvent['type']> = Extract<RendezvousEvent, { readonly type: T }>
type Row<P extends Phase> = { readonly [T in RendezvousEvent['type']]: (state: In<P>, event: Of<T>) => Step }

const stay = (state: RendezvousState): Step => ({ state, outputs: [] })

const refuse = (state: RendezvousState, { index, incarnation }: Join, reason: JoinRefusal): Step => ({
  state,
  outputs: [{ type: 'refused', index, incarnation, reason }],
})

const fail = (state: RendezvousState, failure: RendezvousFailure): Step => ({
  state: { phase: 'failed', size: state.size, failure },
  outputs: [{ type: 'failed', failure }],
})

/** After the barrier ends and losses are the gang's own business: the rendezvous has said its word. */
const over = { exit: stay, lost: stay, deadline: stay }

const table: { readonly [P in Phase]: Row<P> } = {
  gathering: {
    join: (state, { type: _, ...join }) => {
      if (join.index < 0 || join.index >= state.size) return refuse(state, join, 'unknown')
      const present = state.joined[join.index]
      // The same start asking twice (its first request came through, the answer did not): let it be.
      if (present?.incarnation === join.incarnation) return stay(state)
      if (present !== undefined) return refuse(state, join, 'duplicate')
      const joined = state.joined.with(join.index, join)
      const missing = state.missing - 1
      const told: RendezvousOutput = { type: 'joined', index: join.index, missing }
      if (missing > 0) return { state: { ...state, joined, missing }, outputs: [told] }
      const roster = rosterOf(joined)
      return { state: { phase: 'released', size: state.size, roster }, outputs: [told, { type: 'release', roster }] }
    },
    exit: (state, { index, exitCode = null, signal = null, stderr = '' }) =>
      fail(state, { reason: 'exit', nodes: [index], exitCode, signal, stderr }),
    lost: (state, { index, incarnation }) =>
      state.joined[index]?.incarnation === incarnation ? fail(state, { reason: 'lost', nodes: [index] }) : stay(state),
    deadline: state => fail(state, { reason: 'deadline', nodes: missingNodes(state) }),
  },
  released: {
    join: (state, { type: _, ...join }) =>
      refuse(state, join, join.index < 0 || join.index >= state.size ? 'unknown' : 'late'),
    ...over,
  },
  failed: {
    join: (state, { type: _, ...join }) => refuse(state, join, 'late'),
    ...over,
  },
}

/** The barrier before any node came. `size` nodes are awaited, control among them. */
export function newRendezvous(size: number): RendezvousState {
  return { phase: 'gathering', size, joined: Array.from({ length: size }, () => undefined), missing: size }
}

/** One step of the barrier: the next state, and what the caller has to do. */
export function rendezvousStep(state: RendezvousState, event: RendezvousEvent): Step {
  // The table's rows take exactly the state and event of their place; TypeScript cannot see that through two indexes.
  const transition = table[state.phase][event.type] as (state: RendezvousState, event: RendezvousEvent) => Step
  return transition(state, event)
}

/** Indexes of the nodes that did not join yet. */
export function missingNodes(state: RendezvousState): number[] {
  if (state.phase !== 'gathering') return []
  return state.joined.flatMap((join, index) => (join === undefined ? [index] : []))
}

function rosterOf(joined: readonly (Join | undefined)[]): readonly RosterEntry[] {
  return joined
    .filter(join => join !== undefined)
    .map(({ index, address, slots, facts }) => ({ index, name: `node${index}`, address, slots, facts }))
}
