import { EventEmitter } from 'node:events'
import { randomBytes } from 'node:crypto'
import { FlowError } from '../../errors/index.js'
import { MessageStream } from '../../process/frames.js'
import { isProvenBy, type NodeIdentity } from '../keys.js'
import { checked, violation } from './delivery.js'
import type { ChannelPlace, Handshaken } from './entrance.js'
import { credited, TickClock, tickInterval } from './lease.js'
import { type ControlMethods, controlMethods, type WorkerMethods, workerMethods } from './methods.js'
import { dialSocket } from './over-socket.js'
import { dialOverTls } from './over-tls.js'
import { refused } from './refused.js'
import type { CallOptions, Handlers, Params, Result } from './rpc.js'
import { Session } from './session.js'
import { controlFrame, type ControlFrame, type WorkerFrame } from './wire.js'

/** What a worker does when control calls. */
export type WorkerHandlers = Handlers<WorkerMethods, undefined>

interface ClientEvents {
  /** The connection broke; it is tried again until the lease runs out. */
  broken: []
  resumed: []
  /** Control is gone, or does not want this node any more. Once. */
  lost: [error: FlowError]
  /** Control said that this is the end. */
  ended: []
  /** A handler of a `tell` threw. */
  handlerError: [error: unknown, method: string]
}

export interface ChannelClientOptions {
  /** Where control is. */
  readonly place: ChannelPlace
  readonly identity: NodeIdentity
  /** This node's own key, owned by the caller; kept for reconnects until `close`. */
  readonly key: Uint8Array
  /** Control's public key, 32 bytes, as it came by the orchestrator link. */
  readonly controlPublicKey: Uint8Array
  readonly handlers: WorkerHandlers
  /** Milliseconds to reach control at first. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined
  /** A monotonic clock in milliseconds. */
  readonly now?: (() => number) | undefined
}

type Link = MessageStream<ControlFrame, WorkerFrame>
type State = 'new' | 'connecting' | 'open' | 'broken' | 'closed'

const FIRST_RETRY_MS = 20
const LAST_RETRY_MS = 1_000
// Silence of more than two heartbeats: the connection is half open, another may still work within the lease.
const HALF_OPEN_HEARTBEATS = 2.2

/**
 * A worker's end of the gang's channel: connects, proves itself by its key, checks that control is control, and goes
 * on after a broken connection until its lease runs out.
 *
 * @example
 * declare const options: ChannelClientOptions
 * declare function stopEverything(error: Error): void
 *
 * const client = new ChannelClient(options)
 * client.on('lost', error => stopEverything(error))
 * await client.connect()
 * await client.call('join', { slots: 2, address: '10.0.0.2', facts: {} })
 */
export class ChannelClient extends EventEmitter<ClientEvents> implements AsyncDisposable {
  readonly #options: ChannelClientOptions
  readonly #now: () => number
  readonly #secret = randomBytes(32)
  readonly #session: Session<WorkerMethods, ControlMethods, undefined>
  #state: State = 'new'
  #heartbeatMs = 3_000
  #leaseMs = 10_000
  #clock: TickClock | undefined
  #timer: NodeJS.Timeout | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #lastBeat = 0
  #link: Link | undefined
  /** Ends an attempt to connect that control has not answered yet. */
  #patience: AbortController | undefined
  #first: { resolve(): void; reject(error: Error): void; readonly until: number } | undefined

  constructor(options: ChannelClientOptions) {
    super()
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#session = new Session({
      serves: workerMethods,
      theirs: controlMethods,
      from: undefined,
      handlers: options.handlers,
      now: this.#now,
      onHandlerError: (error, method) => this.emit('handlerError', error, method),
      onFailure: error => this.#lose(error),
    })
  }

  /** True while there is a connection. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /**
   * Connects. `FLOW_GANG_CONTROL_UNREACHABLE` when control does not answer in time, `FLOW_GANG_REFUSED` when it does
   * not want this node, `FLOW_GANG_CONTROL_NOT_TRUSTED` when it cannot prove that it is control.
   */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject, until: this.#now() + (this.#options.connectTimeoutMs ?? 30_000) }
      this.#state = 'connecting'
      void this.#dial()
    })
  }

  /** Says something, without waiting. False when control falls behind: `await drained()` before more bulk. */
  tell<M extends keyof ControlMethods>(method: M, params: Params<ControlMethods, M>): boolean {
    return this.#session.tell(method, params)
  }

  /** Asks, and waits for the answer. Rejects with control's error, `FLOW_GANG_CALL_TIMEOUT`, or `FLOW_GANG_CONTROL_LOST`. */
  call<M extends keyof ControlMethods>(
    method: M,
    params: Params<ControlMethods, M>,
    options?: CallOptions,
  ): Promise<Result<ControlMethods, M>> {
    return this.#session.call(method, params, options)
  }

  drained(): Promise<void> {
    return this.#session.drained()
  }

  /** Leaves on purpose; what was said before arrives first. */
  async close(): Promise<void> {
    if (this.#state === 'closed') return
    const link = this.#link
    const left = controlLost('this node left')
    const wasOpen = this.#state === 'open'
    this.#session.sayEnd()
    this.#finish(left)
    this.#first?.reject(left)
    if (!wasOpen) link?.destroy()
    if (link === undefined || link.ended) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(() => link.destroy(), this.#heartbeatMs)
      link.onEnd(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #dial(): Promise<void> {
    const { place, identity, key } = this.#options
    // A server that accepts and then says nothing must not hold us.
    const patience = new AbortController()
    this.#patience = patience
    const timer = setTimeout(
      () => patience.abort(new Error('no answer')),
      this.#first === undefined ? this.#leaseMs / 5 : this.#leaseMs,
    )
    try {
      const connection =
        'path' in place
          ? await dialSocket(place.path, { identity, key }, patience.signal)
          : await dialOverTls(place, { identity, key }, patience.signal)
      this.#talk(connection, patience.signal, () => clearTimeout(timer))
    } catch (error) {
      clearTimeout(timer)
      if (this.#state !== 'closed') this.#disconnected(error as Error)
    }
  }

  #talk({ socket, binding }: Handshaken, patience: AbortSignal, onAnswer: () => void): void {
    socket.setNoDelay(true)
    const link: Link = new MessageStream(socket, socket, { parse: readFrame })
    this.#link = link
    const giveUp = (): void => link.destroy(patience.reason as Error)
    patience.addEventListener('abort', giveUp, { once: true })
    const answered = (): void => {
      patience.removeEventListener('abort', giveUp)
      onAnswer()
    }
    let stage: 'proof' | 'welcome' | 'open' = 'proof'
    link.onMessage(frame => {
      if (this.#link !== link || this.#state === 'closed') {
        // Closed on our side: only the answering end is awaited, by the stream's own end.
        if (frame.t === 'end') link.end()
        return
      }
      try {
        if (stage === 'proof' && frame.t === 'proof') {
          this.#introduce(link, binding, frame.signature)
          stage = 'welcome'
        } else if (stage === 'welcome' && frame.t === 'welcome') {
          stage = 'open'
          answered()
          this.#opened(link, frame)
        } else if (stage === 'welcome' && frame.t === 'refuse') {
          this.#lose(refused(frame.reason, frame.message))
        } else if (stage === 'open') this.#received(link, frame)
        else throw violation(`control said '${frame.t}' out of turn`)
      } catch (error) {
        this.#lose(error as Error)
      }
    })
    link.onEnd(error => {
      answered()
      socket.destroy()
      if (this.#link === link && this.#state !== 'closed') this.#disconnected(error)
    })
  }

  #introduce(link: Link, binding: Uint8Array, signature: Uint8Array): void {
    const { controlPublicKey, identity } = this.#options
    if (!isProvenBy(controlPublicKey, binding, signature)) {
      throw new FlowError('FLOW_GANG_CONTROL_NOT_TRUSTED', {
        message: "What answered at control's address could not prove that it is control.",
        why: "Somebody holds this node's key and answers in control's place, or control was started anew.",
        fix: 'Treat the network between the nodes as attacked; run again with new keys.',
      })
    }
    link.send({ t: 'hello', ...identity, session: this.#secret, received: this.#session.received })
  }

  #opened(link: Link, { received, heartbeatMs, leaseMs }: Extract<ControlFrame, { t: 'welcome' }>): void {
    const isFirst = this.#first !== undefined
    this.#heartbeatMs = heartbeatMs
    this.#leaseMs = leaseMs
    this.#retryMs = FIRST_RETRY_MS
    this.#session.attach(link, received)
    this.#state = 'open'
    this.#lastBeat = this.#now()
    if (this.#timer === undefined) {
      const intervalMs = tickInterval(heartbeatMs)
      this.#clock = new TickClock({ intervalMs, leaseMs, now: this.#now })
      this.#timer = setInterval(() => this.#tick(), intervalMs)
    }
    this.#first?.resolve()
    this.#first = undefined
    if (!isFirst) this.emit('resumed')
  }

  #received(link: Link, frame: ControlFrame): void {
    if (frame.t === 'data' || frame.t === 'beat') this.#session.receive(frame)
    else if (frame.t === 'end') {
      this.#finish(controlLost('it ended the gang'))
      link.end()
      this.emit('ended')
    } else throw violation(`control said '${frame.t}' out of turn`)
  }

  #disconnected(error: Error | undefined): void {
    this.#session.detach()
    if (FlowError.is(error)) {
      this.#lose(error)
      return
    }
    if (this.#first !== undefined) {
      if (this.#now() >= this.#first.until) {
        this.#lose(unreachable(this.#options, error))
        return
      }
    } else if (this.#state === 'open') {
      this.#state = 'broken'
      this.emit('broken')
    }
    this.#retry = setTimeout(() => void this.#dial(), this.#retryMs)
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2)
  }

  #tick(): void {
    const tick = this.#clock!.tick()
    this.#session.lastHeard = credited(this.#session.lastHeard, tick)
    const silentMs = tick.now - this.#session.lastHeard
    if (silentMs > this.#leaseMs) {
      this.#lose(controlLost(`nothing was heard of it for ${Math.round(silentMs)} ms`))
      return
    }
    if (this.#state !== 'open') return
    if (silentMs > Math.min(HALF_OPEN_HEARTBEATS * this.#heartbeatMs, this.#leaseMs * 0.7)) {
      this.#link?.destroy(new Error('half open'))
      return
    }
    if (tick.now - this.#lastBeat >= this.#heartbeatMs - tickInterval(this.#heartbeatMs) / 2) {
      this.#lastBeat = tick.now
      this.#session.beat()
    }
  }

  #lose(error: Error): void {
    if (this.#state === 'closed') return
    const lost = FlowError.is(error) ? error : controlLost(error.message, error)
    const first = this.#first
    this.#first = undefined
    const link = this.#link
    this.#finish(lost)
    link?.destroy()
    if (first === undefined) this.emit('lost', lost)
    else first.reject(lost)
  }

  #finish(error: FlowError): void {
    this.#state = 'closed'
    this.#patience?.abort(error)
    clearInterval(this.#timer)
    clearTimeout(this.#retry)
    this.#secret.fill(0)
    this.#session.detach()
    this.#session.close(error)
  }
}

function readFrame(value: unknown): ControlFrame {
  return checked(controlFrame, value, 'a frame of unknown shape')
}

function controlLost(why: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_GANG_CONTROL_LOST', {
    message: `control (node 0) was lost: ${why}`,
    why: 'Control ended or was stopped, or the network between it and this node is down.',
    fix: 'Look at the log of node 0, and at the machine it ran on.',
    details: { node: 0 },
    cause,
  })
}

function unreachable({ place, connectTimeoutMs }: ChannelClientOptions, cause: unknown): FlowError {
  const { at, why, fix } =
    'path' in place
      ? {
          at: place.path,
          why: "Control ended, or somebody removed its socket from the attempt's directory.",
          fix: 'Look at the log of node 0.',
        }
      : {
          at: `${place.host}:${place.port}`,
          why: 'Control ended, its address is not reachable from here, or a firewall is between them.',
          fix: 'Check that nodes can open TCP connections to each other, and which address control gave.',
        }
  return new FlowError('FLOW_GANG_CONTROL_UNREACHABLE', {
    message: `This node could not reach control at ${at} within ${connectTimeoutMs ?? 30_000} ms.`,
    why,
    fix,
    details: { ...place },
    cause,
  })
}
