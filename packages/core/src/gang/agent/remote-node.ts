import type { ProgramOptions, ProgramResult } from '../../flow/index.js'
import type { Peer } from '../channel/index.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'

let nextExec = 1

/** A worker's operations, by the channel. `execs` takes the lines of programs that run there. */
export function remoteNode(peer: Peer, execs: Map<string, (notice: NodeNotice) => void>): NodeOperations {
  return {
    launchOpen: params => peer.call('launchOpen', params),
    launchClose: params => peer.call('launchClose', params),
    launchSignal: params => peer.call('launchSignal', params),
    daemonStart: params => peer.call('daemonStart', params),
    daemonSignal: params => peer.call('daemonSignal', params),
    daemonEof: params => peer.call('daemonEof', params),
    async exec(
      command: readonly string[],
      { signal, onLine, env, ...options }: ProgramOptions,
    ): Promise<ProgramResult> {
      const id = `exec-${nextExec++}`
      if (onLine !== undefined) {
        execs.set(id, notice => {
          if (notice.type === 'line') onLine(notice.text, { stream: notice.stream, node: peer.index })
        })
      }
      try {
        const params = { id, command, lines: onLine !== undefined, ...options, ...(env === undefined ? {} : { env }) }
        const result = await peer.call('exec', params, signal === undefined ? {} : { signal })
        return { ...result, ranks: [], output: result.output }
      } finally {
        execs.delete(id)
      }
    },
  }
}
