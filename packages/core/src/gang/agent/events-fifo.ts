import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'

/** What rank wrappers and launch agents tell, one line each (scripts/rank.sh and scripts/launch-agent.sh say when). */
export type FifoEvent =
  | { readonly type: 'start'; readonly launch: string; readonly rank: number; readonly pid: number }
  | { readonly type: 'exit'; readonly launch: string; readonly rank: number; readonly status: number }
  | { readonly type: 'daemon'; readonly launch: string; readonly key: string; readonly host: string }
  | { readonly type: 'signal'; readonly launch: string; readonly key: string; readonly name: string }
  | { readonly type: 'eof'; readonly launch: string; readonly key: string }

/** Opens the node's FIFO and gives each event to `listener`. Close the returned socket when the node ends. */
export function listenToFifo(path: string, listener: (event: FifoEvent) => void, onBadLine: (line: string) => void): Socket {
  // Open for writing too: the FIFO then never ends, however many writers come and go.
  const socket = openFifo(path, constants.O_RDWR)
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const event = parse(line)
      if (event === undefined) onBadLine(line)
      else listener(event)
    }
  })
  return socket
}

/** A FIFO as a stream that the event loop watches: reading it through `fs` would hold a thread of the pool. */
export function openFifo(path: string, flags: number = constants.O_RDONLY): Socket {
  return new Socket({ fd: openSync(path, flags | constants.O_NONBLOCK), readable: true, writable: false })
}

function parse(line: string): FifoEvent | undefined {
  const [type, launch, first, second] = line.split(' ')
  if (launch === undefined || first === undefined) return undefined
  if (type === 'eof') return { type, launch, key: first }
  if (second === undefined) return undefined
  switch (type) {
    case 'start': return { type, launch, rank: Number(first), pid: Number(second) }
    case 'exit': return { type, launch, rank: Number(first), status: Number(second) }
    case 'daemon': return { type, launch, key: first, host: second }
    case 'signal': return { type, launch, key: first, name: second }
    default: return undefined
  }
}
