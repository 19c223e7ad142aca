import type { Duplex } from 'node:stream'
import type { ProgramOptions, ProgramResult } from './program.js'
import type { RosterEntry } from './roster.js'

/** `current.gang`: what a body can do with the nodes of its gang, without any framework. */
export interface GangApi {
  /** All nodes, by index. */
  readonly roster: readonly RosterEntry[]
  /** This node. */
  readonly me: RosterEntry
  /** Number of nodes. */
  readonly size: number
  /** Runs a program on a node to its end. A non-zero exit is a result, not an error. */
  exec(node: number, command: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /** Opens a stream to the body of another node, which opens the other end by the same name. `timeout` in milliseconds. */
  stream(node: number, options?: { readonly name?: string; readonly timeout?: number }): Promise<Duplex>
  /** Copies a file or directory of control's working directory to the same place on every node. */
  broadcast(path: string): Promise<void>
  /** Waits until every node entered the barrier of this name. `timeout` in milliseconds. */
  barrier(name: string, options?: { readonly timeout?: number }): Promise<void>
  /** Makes facts of this node known to the others. */
  publish(facts: Readonly<Record<string, unknown>>): Promise<void>
  /** Waits for a fact of node `from`. `timeout` in milliseconds. */
  fact(name: string, options: { readonly from: number; readonly timeout?: number }): Promise<unknown>
  /** A TCP port of this machine that nobody else in any gang gets while this one lives. */
  lease(): Promise<number>
}
