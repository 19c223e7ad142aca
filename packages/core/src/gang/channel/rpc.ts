import * as v from 'valibot'
import { deserializeError, FlowError, serializeError } from '../../errors/index.js'
import { MAX_FRAME_BYTES, packMessage, unpackMessage } from '../../process/frames.js'
import { zlib } from '../../store/compression.js'
import { checked, violation } from './delivery.js'
import { count } from './wire.js'

/** One method that a side offers: the shapes of what it takes and gives, checked where they arrive. */
export interface Method<P extends v.GenericSchema = v.GenericSchema, R extends v.GenericSchema = v.GenericSchema> {
  readonly params: P
  readonly result: R
}
export type MethodTable = Readonly<Record<string, Method>>

type Immutable<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer E)[]
    ? readonly Immutable<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T

export type Params<T extends MethodTable, M extends keyof T> = Immutable<v.InferOutput<T[M]['params']>>
export type Result<T extends MethodTable, M extends keyof T> = Immutable<v.InferOutput<T[M]['result']>>

/** What a side does when it is called. `signal` is aborted when the caller gave up, or the session ended. */
export type Handlers<T extends MethodTable, From> = {
  readonly [M in keyof T]: (
    params: Params<T, M>,
    from: From,
    signal: AbortSignal,
  ) => Result<T, M> | Promise<Result<T, M>>
}

export interface CallOptions {
  /** Milliseconds to wait for the answer. Default: none; the end of the session ends the wait. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const message = v.variant('k', [
  v.object({ k: v.literal('tell'), m: v.string(), p: v.optional(v.unknown()) }),
  v.object({ k: v.literal('call'), id: count, m: v.string(), p: v.optional(v.unknown()) }),
  v.object({ k: v.literal('result'), id: count, v: v.optional(v.unknown()) }),
  v.object({ k: v.literal('error'), id: count, e: v.looseObject({ name: v.string(), message: v.string() }) }),
  v.object({ k: v.literal('cancel'), id: count }),
])
type Message = v.InferOutput<typeof message>

interface Waiting {
  readonly method: string
  resolve(value: unknown): void
  reject(error: Error): void
}

/** A `tell` as bytes, to be made once and sent to many. */
export function packTell(method: string, params: unknown): Buffer {
  return encode({ k: 'tell', m: method, p: params })
}

const PLAIN = 0
const DEFLATED = 1
// A roster for a thousand nodes is a hundred kilobytes, a thousand times: small is what keeps control's memory low.
const DEFLATE_FROM_BYTES = 8 * 1024

function encode(said: Message): Buffer {
  const packed = packMessage(said)
  if (packed.length < DEFLATE_FROM_BYTES) return Buffer.concat([Buffer.of(PLAIN), packed])
  const deflated = zlib().deflateRawSync(packed, { level: 1 })
  return deflated.length < packed.length * 0.8
    ? Buffer.concat([Buffer.of(DEFLATED), deflated])
    : Buffer.concat([Buffer.of(PLAIN), packed])
}

function decode(body: Uint8Array): unknown {
  if (body[0] === PLAIN) return unpackMessage(body.subarray(1))
  if (body[0] !== DEFLATED) throw violation('a message of unknown encoding')
  try {
    return unpackMessage(zlib().inflateRawSync(body.subarray(1), { maxOutputLength: MAX_FRAME_BYTES }))
  } catch (cause) {
    throw violation('a message that cannot be inflated', cause)
  }
}

/** Calls both ways over messages that arrive once and in order. `Mine` is what we serve, `Theirs` what we may call. */
export class Rpc<Mine extends MethodTable, Theirs extends MethodTable, From> {
  readonly #serves: Mine
  readonly #theirs: Theirs
  readonly #handlers: Handlers<Mine, From>
  readonly #from: From
  readonly #send: (body: Buffer) => boolean
  readonly #onHandlerError: (error: unknown, method: string) => void
  readonly #waiting = new Map<number, Waiting>()
  readonly #running = new Map<number, AbortController>()
  readonly #closed = new AbortController()
  #lastId = 0

  constructor(options: {
    readonly serves: Mine
    readonly theirs: Theirs
    readonly handlers: Handlers<Mine, From>
    readonly from: From
    readonly send: (body: Buffer) => boolean
    readonly onHandlerError: (error: unknown, method: string) => void
  }) {
    this.#serves = options.serves
    this.#theirs = options.theirs
    this.#handlers = options.handlers
    this.#from = options.from
    this.#send = options.send
    this.#onHandlerError = options.onHandlerError
  }

  tell<M extends keyof Theirs & string>(method: M, params: Params<Theirs, M>): boolean {
    if (this.#closed.signal.aborted) return false
    return this.#send(packTell(method, params))
  }

  call<M extends keyof Theirs & string>(
    method: M,
    params: Params<Theirs, M>,
    options: CallOptions = {},
  ): Promise<Result<Theirs, M>> {
    const closed = this.#closed.signal
    if (closed.aborted) return Promise.reject(closed.reason as Error)
    const id = ++this.#lastId
    const { timeout, signal } = options
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        if (!this.#waiting.has(id)) return
        settle()
        this.#post({ k: 'cancel', id })
        reject(error)
      }
      const onAbort = (): void =>
        giveUp(signal?.reason instanceof Error ? signal.reason : new Error(String(signal?.reason)))
      const timer = timeout === undefined ? undefined : setTimeout(() => giveUp(callTimeout(method, timeout)), timeout)
      const settle = (): void => {
        this.#waiting.delete(id)
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      this.#waiting.set(id, {
        method,
        // Its shape was checked against the method's schema when it arrived.
        resolve: value => {
          settle()
          resolve(value as Result<Theirs, M>)
        },
        reject: error => {
          settle()
          reject(error)
        },
      })
      if (signal?.aborted === true) onAbort()
      else {
        signal?.addEventListener('abort', onAbort, { once: true })
        this.#send(encode({ k: 'call', id, m: method, p: params }))
      }
    })
  }

  /** One message from the other side. Throws `FLOW_GANG_CHANNEL_VIOLATION` for what that side may not say. */
  receive(body: Uint8Array): void {
    const said = checked(message, decode(body), 'a message of unknown shape')
    switch (said.k) {
      case 'tell': {
        const run = this.#prepare(said.m, said.p)
        void run(this.#closed.signal).catch((error: unknown) => this.#onHandlerError(error, said.m))
        return
      }
      case 'call':
        return this.#serve(said.id, this.#prepare(said.m, said.p))
      case 'cancel': {
        this.#running.get(said.id)?.abort(new Error('the caller gave up'))
        return
      }
      case 'error': {
        // The data came from serializeError; its two required fields were checked.
        this.#waiting.get(said.id)?.reject(deserializeError(said.e))
        return
      }
      case 'result': {
        const waiting = this.#waiting.get(said.id)
        if (waiting === undefined) return // we gave up on it before the answer came
        const { result } = this.#theirs[waiting.method]!
        waiting.resolve(checked(result, said.v, `the answer to '${waiting.method}' has the wrong shape`))
      }
    }
  }

  /** Ends every wait with this error. */
  close(error: Error): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    for (const running of this.#running.values()) running.abort(error)
  }

  #prepare(method: string, params: unknown): (signal: AbortSignal) => Promise<unknown> {
    // hasOwn: 'constructor' and the like are no methods.
    const known = Object.hasOwn(this.#serves, method) ? this.#serves[method] : undefined
    if (known === undefined) throw violation(`it called '${printable(method)}', which it may not`)
    const read = checked(known.params, params, `'${method}' was called with parameters of the wrong shape`)
    const handler = this.#handlers[method as keyof Mine]
    // The schema that was just passed is the one Params is inferred from.
    return async signal => handler(read as Params<Mine, keyof Mine>, this.#from, signal)
  }

  #serve(id: number, run: (signal: AbortSignal) => Promise<unknown>): void {
    if (this.#running.has(id)) throw violation(`two calls have the number ${id}`)
    const controller = new AbortController()
    this.#running.set(id, controller)
    void run(controller.signal)
      .then(
        value => this.#post({ k: 'result', id, v: value }),
        (error: unknown) => this.#post({ k: 'error', id, e: { ...serializeError(error) } }),
      )
      .finally(() => this.#running.delete(id))
  }

  #post(said: Message): void {
    if (!this.#closed.signal.aborted) this.#send(encode(said))
  }
}

function callTimeout(method: string, timeout: number): FlowError {
  return new FlowError('FLOW_GANG_CALL_TIMEOUT', {
    message: `The other node did not answer '${method}' within ${timeout} ms.`,
    why: 'It is busy or stopped, or what it was asked for takes longer.',
    fix: "Give the operation a longer timeout, or look at that node's log.",
    details: { method, timeout },
  })
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 64)).slice(1, -1)
}
