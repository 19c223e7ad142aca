import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'

/** What rank wrappers and launch agents tell, one line each (scripts/rank.sh and scripts/launch-agent.sh say when). */
export type FifoEvent =
  | { readonly type: 'start'; readonly launch: string; readonly rank: number; readonly pid: number }
  | { readonly type: 'exit'; readonly launch: string; readonly rank: number; readonly status: number }
  | { readonly type: 'daemon'; readonly launch: string; readonly key: string; readonly host: string }
  | { readonly type: 'signal'; readonly launch: string; readonly key: string; readonly name: string }
  | { readonly type: 'eof'; readonly launch: string; readonly key: string }

/** The node's FIFO: gives each event to its listener, in the order in which they were written. */
export class EventsFifo implements Disposable {
  readonly #socket: Socket
  readonly #path: string
  readonly #syncs = new Map<string, () => void>()
  #rest = ''
  #nextSync = 1

  constructor(path: string, listener: (event: FifoEvent) => void, onBadLine: (line: string) => void) {
    this.#path = path
    // Open for writing too: the FIFO then never ends, however many writers come and go.
    this.#socket = openFifo(path, constants.O_RDWR)
    this.#socket.setEncoding('utf8')
    this.#socket.on('data', (chunk: string) => {
      const lines = (this.#rest + chunk).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(line, listener, onBadLine)
    })
  }

  /** Settles when everything that was written before this call has been given to the listener. */
  sync(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve()
    const name = String(this.#nextSync++)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#syncs.set(name, resolve)
    // Without waiting for a reader: were there none, the open would block this process for ever.
    const writer = openSync(this.#path, constants.O_WRONLY | constants.O_NONBLOCK)
    try {
      writeSync(writer, `sync ${name}\n`)
    } finally {
      closeSync(writer)
    }
    return promise
  }

  #take(line: string, listener: (event: FifoEvent) => void, onBadLine: (line: string) => void): void {
    const sync = this.#syncs.get(line.slice('sync '.length))
    if (line.startsWith('sync ') && sync !== undefined) {
      this.#syncs.delete(line.slice('sync '.length))
      sync()
      return
    }
    const event = parse(line)
    if (event === undefined) onBadLine(line)
    else listener(event)
  }

  [Symbol.dispose](): void {
    for (const settle of this.#syncs.values()) settle()
    this.#syncs.clear()
    this.#socket.destroy()
  }
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
    case 'start': {
      const [rank, pid] = [numberOf(first), numberOf(second)]
      // Any program of the node may write here; a signal to 0 or 1 would not be for a rank.
      return rank === undefined || pid === undefined || pid <= 1 ? undefined : { type, launch, rank, pid }
    }
    case 'exit': {
      const [rank, status] = [numberOf(first), numberOf(second)]
      return rank === undefined || status === undefined ? undefined : { type, launch, rank, status }
    }
    case 'daemon':
      return { type, launch, key: first, host: second }
    case 'signal':
      return { type, launch, key: first, name: second }
    default:
      return undefined
  }
}

function numberOf(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
