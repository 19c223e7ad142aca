import { type Duplex, duplexPair } from 'node:stream'
import * as v from 'valibot'
import { FlowError } from '../../errors/index.js'
import { writeFrame } from '../../process/frames.js'
import { type LinkPurpose, readHead } from './header.js'
import type { IncomingLink, NodeLinks } from './node-links.js'

const DEFAULT_TIMEOUT_MS = 60_000
// Connections that wait for a body to open its end; a node that opens more without answer is refused.
const MAX_HELD = 1024

/** The connecting node's word after it was accepted. */
const here = v.object({ here: v.literal(true) })

type StreamPurpose = Extract<LinkPurpose, { kind: 'stream' }>

interface Waiter {
  resolve(end: Duplex | Held): void
}

interface Held {
  readonly link: IncomingLink<StreamPurpose>
  release(): void
}

/**
 * Streams between bodies: both nodes ask for a stream to the other by the same name, and get the two ends of one
 * connection. The node with the lower index connects. Two streams of one name are paired in the order of the calls.
 */
export class NodeStreams {
  readonly #links: NodeLinks
  /** By other node and name: ends that came before they were asked for, or calls that wait for one. */
  readonly #held = new Map<string, Held[]>()
  readonly #waiting = new Map<string, Waiter[]>()
  #heldCount = 0

  constructor(links: NodeLinks) {
    this.#links = links
    links.handle({ stream: link => this.#incoming(link) })
  }

  /**
   * One end of a stream to `node`.
   *
   * @param options.name tells several streams between two nodes apart. Default 'default'.
   * @param options.timeout milliseconds to wait for the other node. Default 60,000. `FLOW_GANG_STREAM_TIMEOUT`.
   */
  async stream(
    node: number,
    options: {
      readonly name?: string | undefined
      readonly timeout?: number | undefined
      readonly signal?: AbortSignal | undefined
    } = {},
  ): Promise<Duplex> {
    const { name = 'default', timeout = DEFAULT_TIMEOUT_MS, signal } = options
    const me = this.#links.index
    if (node > me) return this.#connect(node, name, timeout, signal)
    const key = `${node}:${name}`
    return node === me ? this.#toSelf(key, name, timeout, signal) : this.#await(key, node, name, timeout, signal)
  }

  async #connect(node: number, name: string, timeout: number, signal: AbortSignal | undefined): Promise<Duplex> {
    const limit = new AbortController()
    const onAbort = (): void => limit.abort(signal?.reason)
    const late = streamTimeout(this.#links.index, node, name, timeout)
    const timer = setTimeout(() => limit.abort(late), timeout)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
    try {
      const socket = await this.#links.open(
        node,
        { kind: 'stream', name },
        { timeout: timeout + 1_000, signal: limit.signal },
      )
      writeFrame(socket, { here: true })
      return socket
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #await(
    key: string,
    node: number,
    name: string,
    timeout: number,
    signal: AbortSignal | undefined,
  ): Promise<Duplex> {
    const limit = new AbortController()
    const onAbort = (): void => limit.abort(signal?.reason)
    const timer = setTimeout(() => limit.abort(streamTimeout(this.#links.index, node, name, timeout)), timeout)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted === true) onAbort()
    try {
      for (;;) {
        const end = await this.#next(key, limit.signal)
        if (!('link' in end)) return end
        const socket = end.link.accept()
        // Whoever connected may have given up just before it was accepted: it has to say that it is still there.
        const answer = await readHead(socket, limit.signal).catch(() => undefined)
        if (v.safeParse(here, answer).success) return socket
        socket.destroy()
        limit.signal.throwIfAborted()
      }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** The next end for this key: one that waits, or one that comes. */
  #next(key: string, limit: AbortSignal): Promise<Duplex | Held> {
    const held = this.#held.get(key)?.[0]
    if (held !== undefined) {
      held.release()
      return Promise.resolve(held)
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        remove(this.#waiting, key, waiter)
        reject(limit.reason as Error)
      }
      const waiter: Waiter = {
        resolve: end => {
          limit.removeEventListener('abort', onAbort)
          remove(this.#waiting, key, waiter)
          resolve(end)
        },
      }
      limit.addEventListener('abort', onAbort)
      append(this.#waiting, key, waiter)
      if (limit.aborted) onAbort()
    })
  }

  #toSelf(key: string, name: string, timeout: number, signal: AbortSignal | undefined): Promise<Duplex> {
    const other = this.#waiting.get(key)?.[0]
    if (other === undefined) return this.#await(key, this.#links.index, name, timeout, signal)
    const [one, two] = duplexPair()
    other.resolve(two)
    return Promise.resolve(one)
  }

  #incoming(link: IncomingLink<StreamPurpose>): void {
    const key = `${link.from}:${link.purpose.name}`
    const waiter = this.#waiting.get(key)?.[0]
    if (waiter !== undefined) {
      waiter.resolve({ link, release: () => undefined })
      return
    }
    if (this.#heldCount >= MAX_HELD) {
      link.socket.destroy()
      return
    }
    const { socket } = link
    // Whoever connected says nothing before it is accepted: what can be read now is its end only.
    const look = (): void => {
      if (socket.read() !== null) socket.destroy()
    }
    const drop = (): void => {
      socket.destroy()
      held.release()
    }
    const held: Held = {
      link,
      release: () => {
        if (!remove(this.#held, key, held)) return
        this.#heldCount--
        socket.off('readable', look).off('end', drop).off('close', drop)
      },
    }
    append(this.#held, key, held)
    this.#heldCount++
    socket.on('readable', look).on('end', drop).on('close', drop)
  }
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [item])
  else list.push(item)
}

function remove<T>(lists: Map<string, T[]>, key: string, item: T): boolean {
  const list = lists.get(key)
  const at = list?.indexOf(item) ?? -1
  if (list === undefined || at < 0) return false
  list.splice(at, 1)
  if (list.length === 0) lists.delete(key)
  return true
}

function streamTimeout(me: number, other: number, name: string, timeout: number): FlowError {
  return new FlowError('FLOW_GANG_STREAM_TIMEOUT', {
    message: `Node ${other} did not open its end of stream '${name}' with node ${me} within ${timeout} ms.`,
    why: 'Both nodes must ask for the stream, by the same name and the index of the other.',
    fix: `Call stream(${me}, { name: '${name}' }) on node ${other}, or give both calls a longer timeout.`,
    details: { node: me, other, name, timeout },
  })
}
