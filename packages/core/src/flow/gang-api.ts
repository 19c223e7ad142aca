import type { Duplex } from 'node:stream'
import type { ProgramOptions, ProgramResult } from './program.js'
import type { RosterEntry } from './roster.js'

/** `current.gang`: what a body can do with the nodes of its gang, without any framework. Each node has its own. */
export interface GangApi {
  /** All nodes, by index. */
  readonly roster: readonly RosterEntry[]
  /** This node. */
  readonly me: RosterEntry
  /** Number of nodes. */
  readonly size: number
  /**
   * Runs a program on a node to its end: control on any node, a worker on its own. A non-zero exit is a result, not an
   * error.
   *
   * @throws `FLOW_GANG_NOT_CONTROL`, `FLOW_GANG_NO_SUCH_NODE`
   *
   * @example
   * const results = await Promise.all(current.gang.roster.map(({ index }) => current.gang.exec(index, ['nproc'])))
   * console.log(results.map(({ stdout }) => Number(stdout)))
   */
  exec(node: number, command: readonly string[], options?: ProgramOptions): Promise<ProgramResult>
  /**
   * Opens a stream of bytes to the body of another node, which opens the other end by the same name.
   *
   * @param options `timeout` is how long to wait for the other node, in milliseconds.
   * @throws `FLOW_GANG_STREAM_TIMEOUT`
   *
   * @example
   * const { me, size } = current.gang
   * const stream = await current.gang.stream((me.index + 1) % size, { name: 'halo', timeout: 10_000 })
   * stream.end('hello')
   */
  stream(node: number, options?: { readonly name?: string; readonly timeout?: number }): Promise<Duplex>
  /**
   * Copies a file or directory of control's working directory to the same place on every node. Control calls it.
   *
   * @throws `FLOW_GANG_NOT_CONTROL`, `FLOW_GANG_BROADCAST_OUTSIDE`, `FLOW_GANG_BROADCAST_FAILED`
   *
   * @example
   * if (current.parallel.nodeIndex === 0) await current.gang.broadcast('data')
   * await current.gang.barrier('data is there')
   */
  broadcast(path: string): Promise<void>
  /**
   * Waits until every node entered the barrier of this name. `timeout` in milliseconds.
   *
   * @throws `FLOW_GANG_BARRIER_TIMEOUT`
   */
  barrier(name: string, options?: { readonly timeout?: number }): Promise<void>
  /**
   * Makes facts of this node known to the others.
   *
   * @example
   * const { gang } = current
   * if (gang.me.index === 0) await gang.publish({ port: await gang.lease() })
   * console.log(`http://${current.parallel.mainIp}:${String(await gang.fact('port', { from: 0 }))}`)
   */
  publish(facts: Readonly<Record<string, unknown>>): Promise<void>
  /**
   * Waits for a fact of node `from`. `timeout` in milliseconds.
   *
   * @throws `FLOW_GANG_FACT_TIMEOUT`, `FLOW_GANG_NO_SUCH_NODE`
   */
  fact(name: string, options: { readonly from: number; readonly timeout?: number }): Promise<unknown>
  /** A TCP port that is free on every address of this machine. It is held no longer: bind it soon. */
  lease(): Promise<number>
}
