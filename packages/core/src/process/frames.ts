import type { Readable, Writable } from 'node:stream'
// Not the package's main module: that one also loads a native addon and node:stream's transforms.
import { Packr } from 'msgpackr/pack'
import { FlowError } from '../errors/index.js'

/** Largest message, in bytes, that a reader takes unless it says otherwise: 16 MiB. */
export const MAX_FRAME_BYTES = 16 * 1024 * 1024

const HEADER_BYTES = 4
// Below this a message is copied behind its header: one small write costs less than two.
const COPY_BELOW_BYTES = 64 * 1024

// Maps, not msgpackr's records: each frame stands alone, and a peer cannot make us remember structures.
const packr = new Packr({ useRecords: false, moreTypes: false, copyBuffers: true })

/** A message as MessagePack, without a length before it. */
export function packMessage(message: unknown): Buffer {
  return packr.pack(message)
}

/** The inverse. `FLOW_PROTOCOL_BAD_FRAME` when the bytes are no MessagePack. */
export function unpackMessage(bytes: Uint8Array): unknown {
  try {
    return packr.unpack(bytes)
  } catch (cause) {
    throw badFrame('A message is not valid MessagePack.', cause)
  }
}

/** One message as bytes: its length (4 bytes, big endian) and its MessagePack. `FLOW_PROTOCOL_BAD_FRAME` when too large. */
export function encodeFrame(message: unknown, maxBytes = MAX_FRAME_BYTES): Buffer[] {
  const body = packr.pack(message)
  if (body.length > maxBytes)
    throw badFrame(`A message of ${body.length} bytes is longer than the ${maxBytes} allowed.`)
  if (body.length >= COPY_BELOW_BYTES) {
    const header = Buffer.allocUnsafe(HEADER_BYTES)
    header.writeUInt32BE(body.length)
    return [header, body]
  }
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length)
  frame.writeUInt32BE(body.length)
  frame.set(body, HEADER_BYTES)
  return [frame]
}

/** Writes one message. False when the stream wants to be waited for ('drain'), as `Writable.write` says it. */
export function writeFrame(stream: Writable, message: unknown, maxBytes = MAX_FRAME_BYTES): boolean {
  const parts = encodeFrame(message, maxBytes)
  if (parts.length > 1) stream.cork()
  let flowing = true
  for (const part of parts) flowing = stream.write(part)
  if (parts.length > 1) stream.uncork()
  return flowing
}

/** Cuts a byte stream back into messages. Holds at most one unfinished message. */
export class FrameReader {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #held = 0
  #need = HEADER_BYTES
  #inBody = false

  constructor(maxBytes = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** True between two messages; false when the stream stopped inside one. */
  get atBoundary(): boolean {
    return this.#held === 0 && !this.#inBody
  }

  /** Takes bytes, yields the messages they complete. Throws `FLOW_PROTOCOL_BAD_FRAME`; the stream is then useless. */
  *push(chunk: Buffer): Generator {
    let rest = chunk
    while (rest.length > 0 || (this.#inBody && this.#need === 0)) {
      const part = rest.subarray(0, this.#need - this.#held)
      rest = rest.subarray(part.length)
      if (part.length > 0) this.#chunks.push(part)
      this.#held += part.length
      if (this.#held < this.#need) return
      const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#held)
      this.#chunks = []
      this.#held = 0
      if (this.#inBody) {
        this.#inBody = false
        this.#need = HEADER_BYTES
        yield unpackMessage(whole)
      } else {
        this.#need = whole.readUInt32BE()
        if (this.#need > this.#maxBytes)
          throw badFrame(`A message claims ${this.#need} bytes; at most ${this.#maxBytes} are allowed.`)
        this.#inBody = true
      }
    }
  }
}

function badFrame(message: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_PROTOCOL_BAD_FRAME', {
    message,
    why: 'The other side speaks another protocol or another version of it, or something else wrote into the stream.',
    fix: 'Start both sides with the same version of @flow/core, and keep programs from writing to this descriptor.',
    cause,
  })
}

/** Options of a {@link MessageStream}. */
export interface MessageStreamOptions<In> {
  /** Bytes of the largest message taken. Default {@link MAX_FRAME_BYTES}. */
  readonly maxFrameBytes?: number | undefined
  /** Checks a message at the edge. What it throws ends the stream. Default: the message is trusted. */
  readonly parse?: ((value: unknown) => In) | undefined
}

/**
 * Typed messages both ways over a pipe, a socket, or a pair of streams. Reading starts with `onMessage`.
 *
 * @example
 * import { spawn } from 'node:child_process'
 *
 * const child = spawn('node', ['agent.js'], { stdio: ['pipe', 'pipe', 'inherit'] })
 * const link = new MessageStream<{ type: 'ready' }, { type: 'stop' }>(child.stdout, child.stdin)
 * link.onMessage(message => console.log(message.type))
 * link.onEnd(error => console.log(error ?? 'its end'))
 * link.send({ type: 'stop' })
 */
export class MessageStream<In, Out> {
  readonly #readable: Readable
  readonly #writable: Writable
  readonly #maxBytes: number
  readonly #parse: (value: unknown) => In
  readonly #endListeners: ((error: Error | undefined) => void)[] = []
  #ended = false
  #error: Error | undefined

  constructor(readable: Readable, writable: Writable, options: MessageStreamOptions<In> = {}) {
    this.#readable = readable
    this.#writable = writable
    this.#maxBytes = options.maxFrameBytes ?? MAX_FRAME_BYTES
    this.#parse = options.parse ?? (value => value as In)
    readable.on('error', error => this.destroy(error))
    if (readable !== (writable as unknown)) {
      // EPIPE: the reader's own end follows and tells; without one (a closed child) this is the only sign.
      writable.on('error', error => this.destroy(error))
    }
    readable.once('close', () => this.#end(undefined))
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Sends one message. False when the peer reads slower than we write: `await drained()` before the next bulk. */
  send(message: Out): boolean {
    if (this.#ended || !this.#writable.writable) return false
    return writeFrame(this.#writable, message, this.#maxBytes)
  }

  /** Resolves when what was sent left for the peer as far as the stream's buffer, or the stream ended. */
  drained(): Promise<void> {
    if (this.#ended || !this.#writable.writable || !this.#writable.writableNeedDrain) return Promise.resolve()
    return new Promise(resolve => {
      const done = (): void => {
        this.#writable.off('drain', done).off('close', done)
        resolve()
      }
      this.#writable.on('drain', done).on('close', done)
    })
  }

  /** Starts to read; one listener. */
  onMessage(listener: (message: In) => void): void {
    const reader = new FrameReader(this.#maxBytes)
    this.#readable.on('data', (chunk: Buffer) => {
      if (this.#ended) return
      const frames = reader.push(chunk)
      for (;;) {
        let message: In
        try {
          const next = frames.next()
          if (next.done === true) return
          message = this.#parse(next.value)
        } catch (error) {
          this.destroy(error instanceof Error ? error : new Error(String(error)))
          return
        }
        // Outside of the try: what a listener throws is its own defect, not a bad frame.
        listener(message)
        if (this.#ended) return
      }
    })
    this.#readable.once('end', () => {
      this.#end(reader.atBoundary ? undefined : badFrame('The stream ended inside a message.'))
    })
  }

  /** Called once, when the peer ended or the stream broke (with the error then); at once if that was before. */
  onEnd(listener: (error: Error | undefined) => void): void {
    if (this.#ended) listener(this.#error)
    else this.#endListeners.push(listener)
  }

  /** Stops taking messages for a while; the peer feels it as backpressure. */
  pause(): void {
    this.#readable.pause()
  }

  resume(): void {
    this.#readable.resume()
  }

  /** Ends our direction after what was sent; the peer may still send. */
  end(): void {
    this.#writable.end()
  }

  /** Ends both directions now. */
  destroy(error?: Error): void {
    this.#end(error)
    this.#readable.destroy()
    this.#writable.destroy()
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    for (const listener of this.#endListeners.splice(0)) listener(error)
  }
}
