import { finished, type Writable } from 'node:stream'
import { Pace } from '../../store/pace.js'

const BATCH = 64 * 1024
/**
 * How much may wait for a slow reader before log lines are left out, in bytes. A person at a terminal wants what is
 * printed now; a program at a pipe wants all, and a short burst must not cost it lines.
 */
export const MAX_QUEUED = { terminal: 1024 * 1024, pipe: 16 * 1024 * 1024 }

/** Where a renderer writes. It may leave text out while `saturated`, and say so once it is `relaxed`. */
export interface Output {
  readonly saturated: boolean
  readonly relaxed: boolean
  write(text: string): void
  /** Resolves when the reader took everything, or has gone. */
  drained(): Promise<void>
}

/**
 * Batches text for a stream and knows when its reader is too slow. Nothing is ever waited for: a writer that may leave
 * text out asks {@link saturated} first. A reader that goes away (`| head`) closes the sink quietly.
 */
export class Sink implements Output {
  readonly #stream: Writable
  #pending = ''
  // Bytes that must arrive as they are; text that came before them is among them.
  #bytes: Uint8Array[] = []
  #bytesLength = 0
  readonly #pace = new Pace(() => this.flush())
  #closed = false

  readonly #maxQueued: number

  /** @param maxQueued Bytes that may wait before the sink is saturated. */
  constructor(stream: Writable, maxQueued: number = MAX_QUEUED.pipe) {
    this.#stream = stream
    this.#maxQueued = maxQueued
    stream.on('error', this.#fail)
    finished(stream, { readable: false }, () => {
      this.#closed = true
    })
  }

  /** True when more waits for the reader than may. */
  get saturated(): boolean {
    return this.queued > this.#maxQueued
  }

  /** True when the reader has taken nearly all of what was written. */
  get relaxed(): boolean {
    return this.queued < this.#maxQueued / 4
  }

  /** True when nobody reads any more. */
  get closed(): boolean {
    return this.#closed || this.#stream.destroyed
  }

  /** Bytes that the reader has not taken yet. */
  get queued(): number {
    return this.#pending.length + this.#bytesLength + this.#stream.writableLength
  }

  write(text: string): void {
    if (this.closed) return
    this.#pending += text
    this.#afterWrite()
  }

  /** Writes bytes as they are, in order with the text around them. */
  writeBytes(bytes: Uint8Array): void {
    if (this.closed) return
    this.#takeText()
    this.#bytes.push(bytes)
    this.#bytesLength += bytes.length
    this.#afterWrite()
  }

  readonly flush = (): void => {
    if (this.closed) return
    if (this.#bytes.length > 0) {
      this.#takeText()
      const all = Buffer.concat(this.#bytes, this.#bytesLength)
      this.#bytes = []
      this.#bytesLength = 0
      this.#stream.write(all)
    } else if (this.#pending !== '') {
      const text = this.#pending
      this.#pending = ''
      this.#stream.write(text)
    }
  }

  #takeText(): void {
    if (this.#pending === '') return
    const text = Buffer.from(this.#pending)
    this.#pending = ''
    this.#bytes.push(text)
    this.#bytesLength += text.length
  }

  #afterWrite(): void {
    if (this.#pending.length + this.#bytesLength >= BATCH) this.flush()
    else this.#pace.soon()
  }

  async drained(): Promise<void> {
    this.flush()
    if (this.closed || this.#stream.writableLength === 0) return
    await new Promise<void>(resolve => {
      const stop = finished(this.#stream, { readable: false }, () => resolve())
      this.#stream.write('', () => {
        stop()
        resolve()
      })
    })
  }

  readonly #fail = (error: NodeJS.ErrnoException): void => {
    this.#closed = true
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') process.exitCode ||= 1
  }
}
