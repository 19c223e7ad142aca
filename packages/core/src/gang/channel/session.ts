import type { FlowError } from '../../errors/index.js'
import type { MessageStream } from '../../process/frames.js'
import { Delivery, SOFT_LIMIT_BYTES } from './delivery.js'
import { type CallOptions, type Handlers, type MethodTable, type Params, type Result, Rpc } from './rpc.js'
import type { SentFrame, SessionFrame } from './wire.js'

// The session only sends; what arrives is read by its owner, which knows its side's schema.
type Connection = Pick<MessageStream<unknown, SentFrame>, 'send' | 'end' | 'destroy'>

/**
 * One node's talk with control, over one connection after another: what was said while there was none is sent on the
 * next. Both ends of the channel have one.
 */
export class Session<Mine extends MethodTable, Theirs extends MethodTable, From> {
  readonly #delivery = new Delivery()
  readonly #rpc: Rpc<Mine, Theirs, From>
  readonly #now: () => number
  readonly #onFailure: (error: Error) => void
  #connection: Connection | undefined
  #drainWaiters: (() => void)[] = []
  #closed = false
  /** When the other side was last heard, by our monotonic clock. */
  lastHeard: number

  constructor(options: {
    readonly serves: Mine
    readonly theirs: Theirs
    readonly handlers: Handlers<Mine, From>
    readonly from: From
    readonly now: () => number
    readonly onHandlerError: (error: unknown, method: string) => void
    /** The session cannot go on: too much is unconfirmed. */
    readonly onFailure: (error: Error) => void
  }) {
    this.#now = options.now
    this.#onFailure = options.onFailure
    this.lastHeard = options.now()
    this.#rpc = new Rpc({ ...options, send: body => this.sendBody(body) })
  }

  get received(): number {
    return this.#delivery.received
  }

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  /** Goes on over a new connection, whose other end has received everything up to `received`. */
  attach(connection: Connection, received: number): void {
    const missed = this.#delivery.resumeAfter(received)
    this.lastHeard = this.#now()
    this.#connection = connection
    for (const { seq, body } of missed) connection.send({ t: 'data', seq, ack: this.#delivery.takeAck(), body })
  }

  /** The connection broke; it returns what was attached. */
  detach(): Connection | undefined {
    const connection = this.#connection
    this.#connection = undefined
    return connection
  }

  /** Says something, without waiting. False when the other side falls behind: `await drained()` before more bulk. */
  tell<M extends keyof Theirs & string>(method: M, params: Params<Theirs, M>): boolean {
    return this.#rpc.tell(method, params)
  }

  call<M extends keyof Theirs & string>(
    method: M,
    params: Params<Theirs, M>,
    options?: CallOptions,
  ): Promise<Result<Theirs, M>> {
    return this.#rpc.call(method, params, options)
  }

  sendBody(body: Uint8Array): boolean {
    if (this.#closed) return false
    let seq: number
    try {
      seq = this.#delivery.enqueue(body)
    } catch (error) {
      this.#onFailure(error as FlowError)
      return false
    }
    this.#connection?.send({ t: 'data', seq, ack: this.#delivery.takeAck(), body })
    return this.#delivery.pendingBytes < SOFT_LIMIT_BYTES
  }

  /** Resolves when the other side caught up, or the session ended. */
  drained(): Promise<void> {
    if (this.#closed || this.#delivery.pendingBytes < SOFT_LIMIT_BYTES) return Promise.resolve()
    return new Promise(resolve => this.#drainWaiters.push(resolve))
  }

  beat(): void {
    this.#connection?.send({ t: 'beat', ack: this.#delivery.takeAck() })
  }

  /** A frame of an open session, from the connection that is attached. Throws `FLOW_GANG_CHANNEL_VIOLATION`. */
  receive(frame: Exclude<SessionFrame, { t: 'end' }>): void {
    this.lastHeard = this.#now()
    this.#delivery.confirm(frame.ack)
    if (this.#drainWaiters.length > 0 && this.#delivery.pendingBytes < SOFT_LIMIT_BYTES) this.#wake()
    if (frame.t === 'beat') return
    if (!this.#delivery.accept(frame.seq, frame.body.length)) return
    this.#rpc.receive(frame.body)
    if (this.#delivery.owesAck) this.beat()
  }

  /** Leaves on purpose: everything said before arrives first. */
  sayEnd(): void {
    this.#connection?.send({ t: 'end' })
  }

  close(error: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#rpc.close(error)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#drainWaiters.splice(0)) wake()
  }
}
