import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { deserializeError, FlowError, type SerializedError, serializeError } from '../errors/index.js'
import type { BlobStore } from '../store/index.js'

/** Small, so that a heartbeat or a stop is never long behind one. */
const PART_BYTES = 64 * 1024
/** Parts on their way that nobody has written yet. */
const WINDOW = 16
/** Blobs on their way at once. */
const AT_ONCE = 8

/** What two stores say to each other. A blob goes as the sender's store holds it, in parts; an empty part ends it. */
export type BlobMessage = { readonly type: 'blob' } & (
  | { readonly step: 'want'; readonly hash: string }
  | { readonly step: 'offer' | 'lacking'; readonly id: number; readonly hashes: readonly string[] }
  | {
      readonly step: 'part'
      readonly hash: string
      readonly isFirst: boolean
      readonly compressed: boolean
      readonly bytes: Uint8Array
    }
  /** A part was written. */
  | { readonly step: 'taken'; readonly hash: string }
  /** All of it is durable, or will not be; also the answer to a 'want' that cannot be met. */
  | { readonly step: 'stored' | 'refused'; readonly hash: string; readonly error?: SerializedError | undefined }
)

type Body<T> = T extends BlobMessage ? Omit<T, 'type'> : never

interface Sending {
  room: number
  /** The other side takes no more of it. */
  isStopped: boolean
  wake: () => void
  readonly stored: PromiseWithResolvers<void>
}

/** Two stores on the two ends of an orchestrator link: what one lacks comes from the other. Both ends are alike. */
export class BlobLink {
  readonly #blobs: BlobStore
  readonly #post: (message: BlobMessage) => void
  readonly #sending = new Map<string, Sending>()
  readonly #taking = new Map<string, Readable>()
  readonly #wanted = new Map<string, PromiseWithResolvers<void>>()
  readonly #offers = new Map<number, PromiseWithResolvers<readonly string[]>>()
  #nextOffer = 1
  #end: Error | undefined

  constructor(blobs: BlobStore, send: (message: BlobMessage) => void) {
    this.#blobs = blobs
    this.#post = send
  }

  /** Settles when the blob is in our store. */
  fetch(hash: string): Promise<void> {
    if (this.#blobs.has(hash)) return Promise.resolve()
    return this.#wait(this.#wanted, hash, () => this.#send({ step: 'want', hash }))
  }

  /** Settles when the other store has all of them, durably. Each must be in ours. */
  async offer(hashes: readonly string[]): Promise<void> {
    const id = this.#nextOffer++
    const lacking = [...(await this.#wait(this.#offers, id, () => this.#send({ step: 'offer', id, hashes })))]
    const sendSome = async (): Promise<void> => {
      for (let hash = lacking.pop(); hash !== undefined; hash = lacking.pop()) await this.#put(hash)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, sendSome))
  }

  receive(message: BlobMessage): void {
    switch (message.step) {
      case 'want':
        void this.#put(message.hash).catch((error: unknown) =>
          this.#send({ step: 'refused', hash: message.hash, error: serializeError(error) }),
        )
        return
      case 'offer':
        this.#send({
          step: 'lacking',
          id: message.id,
          hashes: message.hashes.filter(hash => !this.#blobs.has(hash)),
        })
        return
      case 'lacking':
        this.#offers.get(message.id)?.resolve(message.hashes)
        return
      case 'part':
        this.#part(message)
        return
      case 'taken': {
        const sending = this.#sending.get(message.hash)
        if (sending === undefined) return
        sending.room++
        sending.wake()
        return
      }
      case 'stored':
      case 'refused': {
        const waiting =
          message.step === 'stored' ? this.#sending.get(message.hash)?.stored : this.#wanted.get(message.hash)
        if (message.error === undefined) waiting?.resolve()
        else waiting?.reject(deserializeError(message.error))
        this.#sending.get(message.hash)?.wake()
      }
    }
  }

  /** The link ended: nothing more will come. */
  close(error: Error): void {
    this.#end = error
    for (const parts of this.#taking.values()) parts.destroy(error)
    for (const waiting of [...this.#wanted.values(), ...this.#offers.values()]) waiting.reject(error)
    for (const sending of this.#sending.values()) {
      sending.stored.reject(error)
      sending.wake()
    }
  }

  #send(message: Body<BlobMessage>): void {
    this.#post({ type: 'blob', ...message })
  }

  /** One wait for each key, however many ask. */
  async #wait<K, T>(waits: Map<K, PromiseWithResolvers<T>>, key: K, ask: () => void): Promise<T> {
    if (this.#end !== undefined) throw this.#end
    let waiting = waits.get(key)
    if (waiting === undefined) {
      waiting = Promise.withResolvers<T>()
      waits.set(key, waiting)
      ask()
    }
    try {
      return await waiting.promise
    } finally {
      waits.delete(key)
    }
  }

  async #put(hash: string): Promise<void> {
    const known = this.#sending.get(hash)
    if (known !== undefined) return known.stored.promise
    const found = this.#blobs.locate(hash)
    if (found === undefined) throw new FlowError('FLOW_BLOB_MISSING', { message: `There is no blob ${hash}.` })
    const sending: Sending = {
      room: WINDOW,
      isStopped: false,
      wake: () => undefined,
      stored: Promise.withResolvers<void>(),
    }
    sending.stored.promise.catch(() => (sending.isStopped = true))
    this.#sending.set(hash, sending)
    try {
      let isFirst = true
      const post = async (bytes: Uint8Array): Promise<void> => {
        while (sending.room === 0 && !sending.isStopped) await new Promise<void>(resolve => (sending.wake = resolve))
        sending.room--
        if (!sending.isStopped) this.#send({ step: 'part', hash, isFirst, compressed: found.compressed, bytes })
        isFirst = false
      }
      for await (const chunk of createReadStream(found.path, { highWaterMark: PART_BYTES })) {
        await post(chunk as Buffer)
        if (sending.isStopped) break
      }
      await post(new Uint8Array())
      await sending.stored.promise
    } finally {
      this.#sending.delete(hash)
    }
  }

  #part({ hash, isFirst, compressed, bytes }: Extract<BlobMessage, { step: 'part' }>): void {
    if (isFirst) void this.#take(hash, compressed)
    // Of one that failed: the sender hears of it and stops.
    this.#taking.get(hash)?.push(bytes.byteLength === 0 ? null : bytes)
  }

  async #take(hash: string, compressed: boolean): Promise<void> {
    const parts = new Readable({ read: () => undefined, objectMode: true })
    this.#taking.set(hash, parts)
    let error: unknown
    try {
      await this.#blobs.putStored(hash, compressed, this.#acknowledged(hash, parts))
    } catch (reason) {
      error = reason
      parts.destroy()
    }
    this.#taking.delete(hash)
    this.#send({ step: 'stored', hash, ...(error === undefined ? {} : { error: serializeError(error) }) })
    const waiting = this.#wanted.get(hash)
    if (error === undefined) waiting?.resolve()
    else waiting?.reject(error)
  }

  /** Each part counts as taken when the next one is asked for: it is written then. */
  async *#acknowledged(hash: string, parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const part of parts) {
      yield part
      this.#send({ step: 'taken', hash })
    }
  }
}
