import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import type { GangApi, ParallelInfo } from '../flow/index.js'
import type { Caller } from './calls.js'
import type { GangView } from './protocol.js'

/** Under this name the body calls its agent for what `current.gang` offers. */
export const GANG_TARGET = 'gang'

/** `current.gang` of a body: every operation is its agent's. */
export function makeGangApi(view: GangView, caller: Caller): GangApi {
  const me = view.roster[view.index]
  if (me === undefined) throw new RangeError(`node ${view.index} is not in the roster`)
  const ask = <T>(method: string, ...args: readonly unknown[]): Promise<T> =>
    caller.call(GANG_TARGET, method, args) as Promise<T>
  return {
    roster: view.roster,
    me,
    size: view.roster.length,
    exec: (node, command, options) => ask('exec', node, command, options ?? {}),
    stream: async (node, options) => connectToAgent(await ask('stream', node, options ?? {})),
    broadcast: path => ask('broadcast', path),
    barrier: (name, options) => ask('barrier', name, options ?? {}),
    publish: facts => ask('publish', facts),
    fact: (name, options) => ask('fact', name, options),
    lease: () => ask('lease'),
  }
}

export function makeParallelInfo(view: GangView, taskId: string): ParallelInfo {
  return {
    mainIp: view.roster[0]?.address ?? '',
    numNodes: view.roster.length,
    nodeIndex: view.index,
    controlTaskId: taskId,
  }
}

/** What the agent answers for a stream: the socket in the node's directory where its bytes are. */
export interface StreamTicket {
  readonly path: string
}

function connectToAgent(ticket: StreamTicket): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path: ticket.path, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
