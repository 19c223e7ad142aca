import type { ProgramOptions, ProgramResult } from '../../flow/index.js'
import type { ControlMethods, Params, Result, WorkerMethods } from '../channel/index.js'

/** What control may ask of any node to run programs there, itself included. */
type Operation = 'launchOpen' | 'launchClose' | 'launchSignal' | 'daemonStart' | 'daemonSignal' | 'daemonEof'

/** The operations of a node: by the channel for a worker, direct calls for control itself. */
export type NodeOperations = {
  readonly [M in Operation]: (params: Params<WorkerMethods, M>) => Promise<Result<WorkerMethods, M>>
} & {
  exec(command: readonly string[], options: ProgramOptions): Promise<ProgramResult>
}

/** What every node must know of a launch before its ranks start; `{dir}` in `nodeEnv` is the node's own directory. */
export type LaunchOpening = Params<WorkerMethods, 'launchOpen'>

/** What a node hands back when a launch is over: ranks whose wrappers never told their end, and `$FLOW_OUTPUT`. */
export type LaunchClosing = Result<WorkerMethods, 'launchClose'>

/** What a node tells control of its own accord. */
export type NodeNotice = Params<ControlMethods, 'notice'>
