import { FlowError } from '../errors/index.js'
import { stateKey } from './keys.js'
import type { Transition } from './transition.js'

/** What hangs on an instance while its step runs. */
export interface FlowState {
  /** Names of the fields that are parameters. */
  readonly parameters: ReadonlySet<string>
  /** The value of each field after the constructor: what differs from it was set by the step. */
  readonly initial: ReadonlyMap<string, unknown>
  /** Fields that an earlier step left a value in: undefined in one of them was set. */
  readonly inherited: Set<string>
  transition: Transition | undefined
}

/** The state of a flow that a step runs on; undefined for one that somebody else constructed. */
export function stateOf(flow: object): FlowState | undefined {
  return (flow as { [stateKey]?: FlowState })[stateKey]
}

/** @throws `FLOW_NEXT_OUTSIDE_STEP` */
export function requireState(flow: object, what: string): FlowState {
  const state = stateOf(flow)
  if (state !== undefined) return state
  throw new FlowError('FLOW_NEXT_OUTSIDE_STEP', {
    message: `${what} was called on a flow that Flow does not run`,
    why: 'Steps belong to a run: one called by hand has nowhere to go on to.',
    fix: 'Start the flow by `flow run FILE`, or move what you want to call into a function of its own.',
  })
}
