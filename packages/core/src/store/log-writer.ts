import { close, mkdirSync, openSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { type LogStream, logHeader } from './log-line.js'
import { LineSplitter } from './line-splitter.js'
import { Pace } from './pace.js'
import { errnoOf, storeError } from './store-error.js'

/** A block grows with the output: a thousand quiet nodes must not take a quarter of a megabyte each. */
const FIRST_BLOCK = 4 * 1024
const BLOCK = 256 * 1024
const HIGH_WATER = 1024 * 1024

/** Where a log goes that is not a file of this machine: `done` is called when the bytes are safe, or lost. */
export type LogTarget = (bytes: Buffer, done: (error: Error | null) => void) => void

export interface LogWriterOptions {
  /** Bytes that the file may hold before `write` asks to wait; {@link LogWriter.free} gives more. Unbounded by default. */
  readonly maxBytes?: number | undefined
  /** Takes the bytes in place of the file, one call at a time. */
  readonly target?: LogTarget | undefined
  /** Called once when the file cannot be written. What comes after is dropped. */
  readonly onError?: ((error: unknown) => void) | undefined
}

/**
 * The log of one node of one attempt: all bytes of all its streams, as lines (log-line.ts has the format). Lines of
 * different ranks are mixed only between lines; each stream keeps its order. The file is made by the first byte.
 *
 * @example
 * declare const store: Store
 * declare const chunk: Buffer
 * const log = new LogWriter(store.logFile('Train/3/fit/7', 0, 2))
 * if (!log.write('stdout', chunk, 5)) await log.drain()
 * await log.close()
 */
export class LogWriter {
  readonly path: string
  readonly #options: LogWriterOptions
  readonly #sources = new Map<string, Source>()
  #file: number | undefined
  /** Filled up to `#used`; then it goes to `#queue`, and from there, one at a time, to the disk. */
  #block = Buffer.alloc(0)
  #used = 0
  #blockSize = FIRST_BLOCK
  #queue: Buffer[] = []
  #queued = 0
  #isWriting = false
  readonly #pace = new Pace(() => this.#flushBlock())
  #total = 0
  #allowed: number
  #waiting: (() => void)[] = []
  #error: unknown
  #isClosed = false
  #now = 0

  constructor(path: string, options: LogWriterOptions = {}) {
    this.path = path
    this.#options = options
    this.#allowed = options.maxBytes ?? Infinity
  }

  /** True when the file holds `maxBytes`: writers wait until {@link free} is called. */
  get isFull(): boolean {
    return this.#total >= this.#allowed
  }

  /** Bytes of the file so far, those on the way to the disk included. */
  get bytes(): number {
    return this.#total
  }

  /**
   * Takes a chunk as it came from a pipe.
   *
   * @param rank Whose it is; absent for what no rank wrote.
   * @param at When it came, in milliseconds since the epoch.
   * @returns false when the caller should stop reading until {@link drain}. The chunk is taken all the same.
   */
  write(stream: LogStream, chunk: Buffer, rank?: number, at = Date.now()): boolean {
    if (this.#error !== undefined || this.#isClosed) return true
    this.#now = at
    const source = this.#source(stream, rank)
    // A line's time is that of its first byte, which may have come in an earlier chunk.
    if (!source.lines.isInsideLine) source.at = at
    source.lines.push(chunk)
    this.#pace.soon()
    return this.#queued + this.#used < HIGH_WATER && !this.isFull
  }

  /** Settles when more can be taken. Rejects with FLOW_STORE_FULL or FLOW_STORE_READONLY when the file cannot be written. */
  async drain(): Promise<void> {
    while (this.#error === undefined && !this.#isClosed && (this.#queued + this.#used >= HIGH_WATER || this.isFull)) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** Allows so many bytes more than `maxBytes`: they have been taken elsewhere, or are wanted after all. */
  free(bytes: number): void {
    this.#allowed += bytes
    this.#wake()
  }

  /** Ends a stream of a rank: a line without newline is written now and not at the close. */
  end(stream: LogStream, rank?: number): void {
    const key = keyOf(stream, rank)
    this.#sources.get(key)?.lines.end()
    this.#sources.delete(key)
    this.#pace.soon()
  }

  /** Hands everything that is complete to the file, and waits until it is there. */
  async flush(): Promise<void> {
    this.#flushBlock()
    while (this.#error === undefined && (this.#isWriting || this.#queue.length > 0)) {
      await new Promise<void>(resolve => this.#waiting.push(resolve))
    }
    if (this.#error !== undefined) throw this.#error
  }

  /** Writes what is held, partial lines too, and closes the file. Rejects as {@link drain} does. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    for (const { lines } of this.#sources.values()) lines.end()
    this.#sources.clear()
    try {
      await this.flush()
    } finally {
      this.#isClosed = true
      this.#wake()
      this.#pace.cancel()
      const file = this.#file
      this.#file = undefined
      if (file !== undefined) await new Promise<void>(resolve => close(file, () => resolve()))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #source(stream: LogStream, rank: number | undefined): Source {
    const key = keyOf(stream, rank)
    let source = this.#sources.get(key)
    if (source === undefined) {
      source = new Source(stream, rank, (header, bytes) => this.#append(header, bytes))
      source.at = this.#now
      this.#sources.set(key, source)
    }
    source.now = this.#now
    return source
  }

  #append(header: string, bytes: Buffer): void {
    const size = header.length + bytes.length + 1
    if (this.#used + size > this.#block.length) {
      this.#flushBlock()
      this.#block = Buffer.allocUnsafeSlow(Math.max(this.#blockSize, size))
      this.#blockSize = Math.min(BLOCK, this.#blockSize * 2)
    }
    let at = this.#used + this.#block.write(header, this.#used, 'latin1')
    at += bytes.copy(this.#block, at)
    this.#block[at] = 10
    this.#used += size
    this.#total += size
  }

  #flushBlock(): void {
    if (this.#used > 0) {
      this.#queue.push(this.#block.subarray(0, this.#used))
      this.#queued += this.#used
      // The rest of the block is filled while the first part is on its way.
      this.#block = this.#block.subarray(this.#used)
      this.#used = 0
    }
    if (!this.#isWriting) this.#writeNext()
  }

  #writeNext(): void {
    const next = this.#queue.length === 1 ? this.#queue[0] : Buffer.concat(this.#queue)
    if (next === undefined || next.length === 0) return
    this.#queue = []
    this.#isWriting = true
    const { target } = this.#options
    if (target !== undefined)
      return target(next, error => (error === null ? this.#written(next.length) : this.#fail(error)))
    try {
      this.#file ??= openLog(this.path)
      this.#writeAll(this.#file, next)
    } catch (error) {
      this.#fail(error)
    }
  }

  #writeAll(file: number, bytes: Buffer): void {
    write(file, bytes, 0, bytes.length, null, (error, written) => {
      if (error !== null) return this.#fail(error)
      if (written === bytes.length) return this.#written(written)
      this.#queued -= written
      this.#writeAll(file, bytes.subarray(written))
    })
  }

  #written(count: number): void {
    this.#queued -= count
    this.#isWriting = false
    if (this.#queue.length > 0) this.#writeNext()
    this.#wake()
  }

  #fail(error: unknown): void {
    this.#isWriting = false
    this.#queue = []
    this.#queued = 0
    this.#used = 0
    this.#error = storeError(error, this.path)
    this.#wake()
    this.#options.onError?.(this.#error)
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}

/** One stream of one rank. */
class Source {
  /** When the line that comes next began. */
  at = 0
  /** When the chunk that is being cut came. */
  now = 0
  readonly lines: LineSplitter
  #headerAt = -1
  #header = ''

  constructor(stream: LogStream, rank: number | undefined, append: (header: string, bytes: Buffer) => void) {
    this.lines = new LineSplitter((bytes, complete) => {
      if (!complete) append(logHeader(this.at, stream, rank, false), bytes)
      else {
        // Thousands of lines come within one millisecond.
        if (this.at !== this.#headerAt) this.#header = logHeader((this.#headerAt = this.at), stream, rank, true)
        append(this.#header, bytes)
      }
      this.at = this.now
    })
  }
}

function keyOf(stream: LogStream, rank: number | undefined): string {
  return `${stream}${rank ?? ''}`
}

function openLog(path: string): number {
  try {
    return openSync(path, 'a')
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'a')
  }
}
