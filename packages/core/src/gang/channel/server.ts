import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { MessageStream } from '../../process/frames.js'
import {
  channelIdentity,
  type ControlIdentity,
  type KeyTable,
  type NodeIdentity,
  parseChannelIdentity,
} from '../keys.js'
import { checked, violation } from './delivery.js'
import type { ChannelPlace, Entrance, EntranceOptions, Handshaken } from './entrance.js'
import { credited, TickClock, tickInterval } from './lease.js'
import type { WorkerMethods } from './methods.js'
import { listenOnSocket } from './over-socket.js'
import { listenOverTls } from './over-tls.js'
import { type ControlHandlers, Peer, peerLost } from './peer.js'
import { packTell, type Params } from './rpc.js'
import { type ControlFrame, type Hello, type RefusalReason, workerFrame, type WorkerFrame } from './wire.js'

/** A connection that was not let in. Holds no secret. */
export interface Refusal {
  /** `unknown`: no such key. `handshake`: the wrong key, or none at all. `silent`: it did not say who it is. */
  readonly reason: RefusalReason | 'unknown' | 'handshake' | 'silent' | 'violation'
  /** What it claimed to be, as far as that is known. */
  readonly identity?: string | undefined
  /** Empty for a process of this machine. */
  readonly remoteAddress: string
  readonly message: string
}

interface ServerEvents {
  /** A worker's first connection is open. */
  enter: [peer: Peer]
  /** Its connection broke; its lease runs on. */
  broken: [peer: Peer]
  resumed: [peer: Peer]
  /** Its lease ran out, or it broke the rules. Once for a peer. */
  lost: [peer: Peer, error: Error, reason: string]
  /** It left on purpose. */
  left: [peer: Peer]
  refused: [refusal: Refusal]
  /** A handler of a `tell` threw. */
  handlerError: [error: unknown, method: string, peer: Peer]
}

export interface ChannelServerOptions {
  /** The attempt as in {@link NodeIdentity}. */
  readonly attempt: string
  /** Owned by the caller, who zeroes it after `close`. */
  readonly keys: KeyTable
  readonly identity: ControlIdentity
  readonly handlers: ControlHandlers
  /** Default 3,000. */
  readonly heartbeatMs?: number | undefined
  /** Default 10,000. */
  readonly leaseMs?: number | undefined
  /** A monotonic clock in milliseconds. */
  readonly now?: (() => number) | undefined
}

type Link = MessageStream<WorkerFrame, ControlFrame>

const MAX_IDENTITY_IN_LOG = 160

/**
 * Control's end of the gang's channel.
 *
 * @example
 * declare const options: ChannelServerOptions
 * declare function settle(node: number, error: Error): void
 *
 * const server = new ChannelServer(options)
 * server.on('lost', (peer, error) => settle(peer.index, error))
 * const place = await server.listen({ host: '127.0.0.1', port: 0 })
 * server.broadcast('stop', { reason: 'a rank failed', graceMs: 5000 })
 * await server.close()
 */
export class ChannelServer extends EventEmitter<ServerEvents> implements AsyncDisposable {
  readonly #options: ChannelServerOptions
  readonly #heartbeatMs: number
  readonly #leaseMs: number
  readonly #now: () => number
  #entrance: Entrance | undefined
  /** Which connection speaks for a peer now: a late word of an older one is not listened to. */
  readonly #links = new WeakMap<Peer, Link>()
  readonly #identities = new WeakMap<object, string>()
  /** By channel identity: a key has one peer for ever, gone or not. */
  readonly #peers = new Map<string, Peer>()
  readonly #byIndex = new Map<number, Peer>()
  readonly #clock: TickClock
  #timer: NodeJS.Timeout | undefined
  #lastBeat: number
  #entryClosed = false
  #closing = false

  constructor(options: ChannelServerOptions) {
    super()
    this.#options = options
    this.#heartbeatMs = options.heartbeatMs ?? 3_000
    this.#leaseMs = options.leaseMs ?? 10_000
    this.#now = options.now ?? (() => performance.now())
    this.#lastBeat = this.#now()
    this.#clock = new TickClock({ intervalMs: tickInterval(this.#heartbeatMs), leaseMs: this.#leaseMs, now: this.#now })
  }

  /** Takes connections at this place, and says where that is: `port` 0 is any free one. */
  async listen(place: ChannelPlace): Promise<ChannelPlace> {
    const options: EntranceOptions = {
      keyOf: (socket, identity) => this.#lookUp(socket, identity),
      onKnown: connection => this.#welcome(connection),
      onFailed: (socket, error) => this.#refused(socket, 'handshake', error.code ?? error.message),
      handshakeMs: this.#leaseMs,
    }
    this.#entrance = 'path' in place ? await listenOnSocket(place.path, options) : await listenOverTls(place, options)
    if (this.#closing) this.#entrance.close()
    else this.#timer = setInterval(() => this.#tick(), tickInterval(this.#heartbeatMs))
    return this.#entrance.place
  }

  /** Workers that are in, connected or within their lease, by index. */
  get peers(): ReadonlyMap<number, Peer> {
    return this.#byIndex
  }

  peer(index: number): Peer | undefined {
    return this.#byIndex.get(index)
  }

  /** Says something to every worker that is in; it is encoded once. */
  broadcast<M extends keyof WorkerMethods>(method: M, params: Params<WorkerMethods, M>): void {
    const body = packTell(method, params)
    for (const peer of this.#byIndex.values()) peer.session.sendBody(body)
  }

  /** At the barrier: from now on no key is taken that was not in before. */
  closeEntry(): void {
    this.#entryClosed = true
  }

  /** A worker's end is known from elsewhere (its supervisor, the backend): do not wait for its lease. */
  drop(index: number, why: string): void {
    const peer = this.#byIndex.get(index)
    if (peer !== undefined) this.#lose(peer, peerLost(index, why), why)
  }

  /** Tells every worker that this is the end, and closes. What was said before arrives first. */
  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    clearInterval(this.#timer)
    this.#entrance?.close()
    for (const peer of this.#byIndex.values()) {
      peer.session.sayEnd()
      const connection = peer.session.detach()
      this.#forget(peer)
      peer.session.close(peerLost(peer.index, 'the gang is over'))
      connection?.end()
    }
    const open = [...(this.#entrance?.sockets ?? [])]
    // A worker that does not close its side is not waited for longer than a heartbeat.
    const timer = setTimeout(() => {
      for (const socket of open) socket.destroy()
    }, this.#heartbeatMs)
    await Promise.all(
      open.map(socket =>
        socket.destroyed ? Promise.resolve() : new Promise(resolve => socket.once('close', resolve)),
      ),
    )
    clearTimeout(timer)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #lookUp(socket: Socket, identity: string): Buffer | null {
    const key = this.#options.keys.get(identity)
    this.#identities.set(socket, identity)
    if (key !== undefined) return key
    const claimed = parseChannelIdentity(identity)
    const stale = claimed !== undefined && claimed.attempt !== this.#options.attempt
    this.#refused(
      socket,
      stale ? 'stale' : 'unknown',
      stale ? 'it belongs to another attempt' : 'no such node is expected',
    )
    return null
  }

  #refused(socket: Socket, reason: Refusal['reason'], message: string): void {
    const identity = this.#identities
      .get(socket)
      ?.replaceAll(/[^\x20-\x7e]/gu, '?')
      .slice(0, MAX_IDENTITY_IN_LOG)
    this.emit('refused', { reason, identity, remoteAddress: socket.remoteAddress ?? '', message })
  }

  #welcome({ socket, binding }: Handshaken): void {
    const identity = parseChannelIdentity(this.#identities.get(socket) ?? '')
    if (identity === undefined || this.#closing) {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    const link: Link = new MessageStream(socket, socket, { parse: value => readFrame(value) })
    let peer: Peer | undefined
    let wasRefused = false
    const impatience = setTimeout(() => {
      if (!wasRefused) this.#refused(socket, 'silent', 'it did not say who it is')
      wasRefused = true
      link.destroy()
    }, this.#leaseMs)
    link.onEnd(error => {
      clearTimeout(impatience)
      socket.destroy()
      if (peer !== undefined) this.#disconnected(peer, link, error)
      else if (error !== undefined && !wasRefused && !this.#closing) this.#refused(socket, 'violation', error.message)
    })
    link.send({ t: 'proof', signature: this.#options.identity.prove(binding) })
    link.onMessage(frame => {
      if (peer !== undefined) {
        this.#received(peer, link, frame)
        return
      }
      if (wasRefused) return
      if (frame.t !== 'hello') {
        link.destroy(violation('it spoke before it said who it is'))
        return
      }
      peer = this.#admit(identity, frame, socket, link)
      wasRefused = peer === undefined
      if (!wasRefused) clearTimeout(impatience)
    })
  }

  /** Lets a connection in, or refuses it. */
  #admit(identity: NodeIdentity, hello: Hello, socket: Socket, link: Link): Peer | undefined {
    const refuse = (reason: RefusalReason, message: string): undefined => {
      this.#refused(socket, reason, message)
      link.send({ t: 'refuse', reason, message })
      link.end()
    }
    if (hello.attempt !== this.#options.attempt) return refuse('stale', 'it belongs to another attempt')
    if (hello.index !== identity.index || hello.incarnation !== identity.incarnation) {
      return refuse('impostor', `it says node ${hello.index}, its key is node ${identity.index}'s`)
    }
    const key = channelIdentity(identity)
    const known = this.#peers.get(key)
    if (known !== undefined) {
      if (!known.knows(hello.session)) return refuse('duplicate', 'a node with this key is in already')
      if (known.isGone) return refuse('late', 'this node was given up')
      return this.#resume(known, hello, link, refuse)
    }
    if (hello.received > 0) return refuse('stale', 'it wants to resume what control does not know')
    if (this.#entryClosed) return refuse('late', 'the gang is complete')
    if (this.#byIndex.has(identity.index)) return refuse('duplicate', 'another start of this node is in already')
    const peer: Peer = new Peer({
      index: identity.index,
      incarnation: identity.incarnation,
      remoteAddress: socket.remoteAddress ?? '',
      secret: hello.session,
      handlers: this.#options.handlers,
      now: this.#now,
      onHandlerError: (error, method) => this.emit('handlerError', error, method, peer),
      onFailure: error => this.#lose(peer, error),
    })
    this.#peers.set(key, peer)
    this.#byIndex.set(peer.index, peer)
    this.#open(peer, link, 0)
    this.emit('enter', peer)
    return peer
  }

  #resume(
    peer: Peer,
    hello: Hello,
    link: Link,
    refuse: (reason: RefusalReason, message: string) => undefined,
  ): Peer | undefined {
    const before = peer.session.detach()
    try {
      this.#open(peer, link, hello.received)
    } catch (error) {
      this.#lose(peer, error as Error)
      return refuse('stale', 'its state does not fit ours')
    }
    // The old connection may be half open: only the node knew that it broke.
    before?.destroy()
    this.emit('resumed', peer)
    return peer
  }

  #open(peer: Peer, link: Link, received: number): void {
    link.send({ t: 'welcome', received: peer.session.received, heartbeatMs: this.#heartbeatMs, leaseMs: this.#leaseMs })
    peer.session.attach(link, received)
    peer.state = 'open'
    this.#links.set(peer, link)
  }

  #received(peer: Peer, link: Link, frame: WorkerFrame): void {
    if (this.#links.get(peer) !== link || peer.isGone) return
    if (frame.t === 'end') {
      peer.session.sayEnd()
      const connection = peer.session.detach()
      this.#forget(peer)
      peer.session.close(peerLost(peer.index, 'it left'))
      connection?.end()
      this.emit('left', peer)
      return
    }
    try {
      if (frame.t === 'hello') throw violation('it said twice who it is')
      peer.session.receive(frame)
    } catch (error) {
      this.#lose(peer, error as Error)
    }
  }

  #disconnected(peer: Peer, link: Link, error: Error | undefined): void {
    if (this.#links.get(peer) !== link || peer.isGone) return
    peer.session.detach()
    // Bytes that are no frame did not come from the network: TLS would have noticed.
    if (error !== undefined && 'code' in error && String(error.code).startsWith('FLOW_')) {
      this.#lose(peer, error)
      return
    }
    peer.state = 'broken'
    this.emit('broken', peer)
  }

  #lose(peer: Peer, error: Error, reason = error.message): void {
    if (peer.isGone) return
    const connection = peer.session.detach()
    this.#forget(peer)
    connection?.destroy()
    peer.session.close(error)
    this.emit('lost', peer, error, reason)
  }

  #forget(peer: Peer): void {
    peer.state = 'gone'
    this.#byIndex.delete(peer.index)
  }

  #tick(): void {
    const tick = this.#clock.tick()
    const beats = tick.now - this.#lastBeat >= this.#heartbeatMs - tickInterval(this.#heartbeatMs) / 2
    if (beats) this.#lastBeat = tick.now
    for (const peer of this.#byIndex.values()) {
      peer.session.lastHeard = credited(peer.session.lastHeard, tick)
      const silentMs = tick.now - peer.session.lastHeard
      if (silentMs > this.#leaseMs) {
        const why = `nothing was heard of it for ${Math.round(silentMs)} ms`
        this.#lose(peer, peerLost(peer.index, why), why)
      } else if (beats) peer.session.beat()
    }
  }
}

function readFrame(value: unknown): WorkerFrame {
  return checked(workerFrame, value, 'a frame of unknown shape')
}
