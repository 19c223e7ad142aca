import type { EndRecord, Verdict } from '../store/index.js'
import { describeEnd } from './verdict.js'

export type CommitmentEvent =
  /** A node's artifacts are durable. */
  | { readonly type: 'done'; readonly node: number }
  /** What control makes of the gang's end. */
  | { readonly type: 'proposed'; readonly verdict: Verdict }
  /** A node's outermost process ended, or nothing is heard of it any more. */
  | { readonly type: 'ended'; readonly end: EndRecord }
  /** Everything stops: Ctrl-C, a timeout, another task's failure. */
  | { readonly type: 'cancelled' }

export type CommitmentOutput =
  /** Control decides what the end of a worker means. */
  | { readonly type: 'tellControl'; readonly end: EndRecord }
  /** The attempt's one verdict. Given out exactly once. */
  | { readonly type: 'commit'; readonly verdict: Verdict }

interface Nodes {
  /** By index: whether its artifacts are here. */
  readonly done: readonly boolean[]
  /** By index: how it ended, before the verdict. */
  readonly ends: readonly (EndRecord | undefined)[]
}

export type CommitmentState =
  | ({ readonly phase: 'open' } & Nodes)
  /** Control says 'ok', and some artifacts are still on their way. */
  | ({ readonly phase: 'proposed'; readonly verdict: Verdict } & Nodes)
  | { readonly phase: 'committed'; readonly verdict: Verdict }

interface Step {
  readonly state: CommitmentState
  readonly outputs: readonly CommitmentOutput[]
}

type Phase = CommitmentState['phase']
type In<P extends Phase> = Extract<CommitmentState, { readonly phase: P }>
type Of<T extends CommitmentEvent['type']> = Extract<CommitmentEvent, { readonly type: T }>
type Row<P extends Phase> = { readonly [T in CommitmentEvent['type']]: (state: In<P>, event: Of<T>) => Step }

const stay = (state: CommitmentState): Step => ({ state, outputs: [] })

const commit = (verdict: Verdict): Step => ({
  state: { phase: 'committed', verdict },
  outputs: [{ type: 'commit', verdict }],
})

const lost = (first: EndRecord): Step =>
  commit({ outcome: 'lost', message: describeEnd(first, 'lost'), first, victims: [], timeline: {} })

const cancel = (): Step => commit({ outcome: 'cancelled', message: 'cancelled', victims: [], timeline: {} })

/** 'ok' holds only when every node's artifacts are here; those of a node that is gone will never be. */
function propose({ done, ends }: Nodes, verdict: Verdict): Step {
  if (verdict.outcome !== 'ok' || done.every(Boolean)) return commit(verdict)
  const gone = ends.find((end, node) => end !== undefined && done[node] !== true)
  return gone === undefined ? stay({ phase: 'proposed', verdict, done, ends }) : lost(gone)
}

const withEnd = ({ done, ends }: Nodes, end: EndRecord): Nodes => ({ done, ends: ends.with(end.node, end) })

const table: { readonly [P in Phase]: Row<P> } = {
  open: {
    done: (state, { node }) => stay({ ...state, done: state.done.with(node, true) }),
    proposed: (state, { verdict }) => propose(state, verdict),
    ended: (state, { end }) => {
      // Nobody else can tell that control is gone.
      if (end.node === 0) return lost(end)
      if (state.ends[end.node] !== undefined) return stay(state)
      return { state: { phase: 'open', ...withEnd(state, end) }, outputs: [{ type: 'tellControl', end }] }
    },
    cancelled: cancel,
  },
  proposed: {
    done: (state, { node }) => propose({ done: state.done.with(node, true), ends: state.ends }, state.verdict),
    // Control has said its word, and does not take it back.
    proposed: stay,
    ended: (state, { end }) => (end.node === 0 ? lost(end) : propose(withEnd(state, end), state.verdict)),
    cancelled: cancel,
  },
  committed: { done: stay, proposed: stay, ended: stay, cancelled: stay },
}

/** The commitment of an attempt on `size` nodes before anything was told. */
export function newCommitment(size: number): CommitmentState {
  const each = <T>(value: T): readonly T[] => Array.from({ length: size }, () => value)
  return { phase: 'open', done: each(false), ends: each(undefined) }
}

/**
 * One step towards the one verdict of a gang's attempt: control proposes, the orchestrator commits, once. It is 'lost'
 * without a proposal when control vanished, or when a node vanished whose artifacts are missing from an 'ok'.
 */
export function commitmentStep(state: CommitmentState, event: CommitmentEvent): Step {
  // The table's rows take exactly the state and event of their place; TypeScript cannot see that through two indexes.
  const transition = table[state.phase][event.type] as (state: CommitmentState, event: CommitmentEvent) => Step
  return transition(state, event)
}
