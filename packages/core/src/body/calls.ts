import { deserializeError, FlowError, serializeError } from '../errors/index.js'
import type { BodyToOwner, OwnerToBody } from './protocol.js'

/** What stands in a message for an argument that cannot be cloned. */
interface FunctionMark {
  readonly '@flow.function': number
}
interface SignalMark {
  readonly '@flow.signal': true
}

/** A call that has no answer yet. */
interface Pending {
  /** Made when it was called: its stack is the way there. */
  readonly asked: Error
  resolve(value: unknown): void
  reject(error: Error): void
  release(): void
}

/** The body's end of calls to its owner: sends them, carries functions and AbortSignals among the arguments. */
export class Caller {
  readonly #send: (message: BodyToOwner) => void
  readonly #pending = new Map<number, Pending>()
  readonly #functions = new Map<number, (...args: readonly unknown[]) => unknown>()
  #nextCall = 1
  #nextFunction = 1

  constructor(send: (message: BodyToOwner) => void) {
    this.#send = send
  }

  /** Calls `method` of the remote object `target`; the error of the other side is thrown here. */
  call(target: string, method: string, args: readonly unknown[]): Promise<unknown> {
    const id = this.#nextCall++
    const asked = new Error('asked')
    const functions: number[] = []
    const signals: AbortSignal[] = []
    const marked = args.map(arg => this.#mark(arg, functions, signals))
    return new Promise((resolve, reject) => {
      const onAbort = (event: Event): void => {
        this.#send({ type: 'abort', id, reason: serializeError((event.target as AbortSignal).reason) })
      }
      const release = (): void => {
        for (const one of functions) this.#functions.delete(one)
        for (const signal of signals) signal.removeEventListener('abort', onAbort)
      }
      this.#pending.set(id, { asked, resolve, reject, release })
      this.#send({ type: 'call', id, target, method, args: marked })
      for (const signal of signals) {
        if (signal.aborted) this.#send({ type: 'abort', id, reason: serializeError(signal.reason) })
        else signal.addEventListener('abort', onAbort, { once: true })
      }
    })
  }

  /** Takes what the owner sent; false when the message is none of ours. */
  receive(message: OwnerToBody): boolean {
    if (message.type === 'callback') {
      this.#functions.get(message.id)?.(...message.args)
      return true
    }
    if (message.type !== 'reply') return false
    const waiting = this.#pending.get(message.id)
    if (waiting === undefined) return true
    this.#pending.delete(message.id)
    waiting.release()
    if (message.error === undefined) waiting.resolve(message.value)
    else waiting.reject(withCaller(deserializeError(message.error), waiting.asked))
    return true
  }

  #mark(value: unknown, functions: number[], signals: AbortSignal[], depth = 0): unknown {
    if (typeof value === 'function') {
      const id = this.#nextFunction++
      this.#functions.set(id, value as (...args: readonly unknown[]) => unknown)
      functions.push(id)
      return { '@flow.function': id } satisfies FunctionMark
    }
    if (value instanceof AbortSignal) {
      signals.push(value)
      return { '@flow.signal': true } satisfies SignalMark
    }
    // Options objects are plain and flat; deeper data goes as it is.
    if (depth === 0 && isPlainObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, field]) => [key, this.#mark(field, functions, signals, 1)]),
      )
    }
    return value
  }
}

/** The owner's end: turns marks back into functions and one AbortSignal per call. */
export class Callee {
  readonly #send: (message: OwnerToBody) => void
  readonly #dispatch: (target: string, method: string, args: readonly unknown[]) => unknown
  readonly #controllers = new Map<number, AbortController>()

  constructor(
    send: (message: OwnerToBody) => void,
    dispatch: (target: string, method: string, args: readonly unknown[]) => unknown,
  ) {
    this.#send = send
    this.#dispatch = dispatch
  }

  receive(message: BodyToOwner): boolean {
    if (message.type === 'abort') {
      this.#controllers.get(message.id)?.abort(deserializeError(message.reason))
      return true
    }
    if (message.type !== 'call') return false
    void this.#answer(message)
    return true
  }

  /** The body is gone: whatever it asked for is not wanted any more. */
  abortAll(reason: Error): void {
    for (const controller of this.#controllers.values()) controller.abort(reason)
    this.#controllers.clear()
  }

  async #answer(call: Extract<BodyToOwner, { type: 'call' }>): Promise<void> {
    const { id } = call
    const controller = new AbortController()
    this.#controllers.set(id, controller)
    try {
      const args = call.args.map(arg => this.#unmark(arg, controller.signal))
      this.#send({ type: 'reply', id, value: await this.#dispatch(call.target, call.method, args) })
    } catch (error) {
      this.#send({ type: 'reply', id, error: serializeError(error) })
    } finally {
      this.#controllers.delete(id)
    }
  }

  #unmark(value: unknown, signal: AbortSignal, depth = 0): unknown {
    if (!isPlainObject(value)) return value
    const fn = value['@flow.function']
    if (typeof fn === 'number') return (...args: readonly unknown[]) => this.#send({ type: 'callback', id: fn, args })
    if (value['@flow.signal'] === true) return signal
    if (depth > 0) return value
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, this.#unmark(field, signal, 1)]))
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * An error that crossed from another process shows the line of the step that asked. Above it is the stack that it was
 * thrown with, but for a coded error: where that arose says nothing to a reader.
 */
function withCaller(error: Error, asked: Error): Error {
  const own = FlowError.is(error) || error.stack === undefined ? `${error.name}: ${error.message}` : error.stack
  const way = asked.stack?.split('\n').slice(1) ?? []
  Object.defineProperty(error, 'stack', { value: [own, ...way].join('\n'), configurable: true, writable: true })
  return error
}
