import type { RosterEntry } from '../../flow/index.js'
import type { FailureReport } from '../protocol.js'
import type { Bulk } from './bulk.js'
import type { LaunchControl } from './launch-control.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import type { SharedEnds } from './shared-launches.js'

type Facts = Readonly<Record<string, unknown>>

/** What differs between control and a worker: how the others are reached. */
export interface Role extends AsyncDisposable {
  /** Streams and broadcasts between nodes. */
  readonly bulk: Bulk
  /** Enters the gang's barrier; the roster when everyone has. */
  join(facts: Facts): Promise<readonly RosterEntry[]>
  /** This node's onReady taps are done. On control it settles when everyone's are. */
  ready(): Promise<void>
  publish(facts: Facts): Promise<void>
  fact(name: string, options: { readonly from: number; readonly timeout: number }): Promise<unknown>
  barrier(name: string, timeout: number): Promise<void>
  /** Copies a file or directory of control's working directory to the same place on every node. */
  broadcast(path: string): Promise<void>
  /** This node's body is done, or it served until control was. On control it settles when the gang is done. */
  done(): Promise<void>
  notify(notice: NodeNotice): void
  /** What went wrong in a shared launch on any node, dated on this node's clock. */
  endsOfAll(launch: string): Promise<SharedEnds>
  /** This node saw a failure: the gang stops. False when control cannot be told from here. */
  fail(report: FailureReport): boolean
  /** Control only. */
  readonly control?: { readonly nodes: readonly NodeOperations[]; readonly launches: LaunchControl } | undefined
}
