import { EventEmitter, once } from 'node:events'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { packMessage, unpackMessage } from '../../process/frames.js'
import { type Manifest, manifestSchema } from './manifest.js'

export interface PayloadFile {
  readonly path: string
  /** Where its contents begin in the row of bytes. */
  readonly start: number
  readonly size: number
  readonly mode: number
}

/** Where what lies in a payload: its manifest, then the contents of its files in the manifest's order. */
export class Layout {
  readonly manifest: Manifest
  readonly head: Buffer
  readonly files: readonly PayloadFile[]
  readonly total: number

  constructor(head: Buffer) {
    this.head = head
    this.manifest = v.parse(manifestSchema, unpackMessage(head))
    let start = head.length
    this.files = this.manifest.files.map(({ path, size, mode }) => {
      const file = { path, start, size, mode }
      start += size
      return file
    })
    this.total = start
  }

  static of(manifest: Manifest): Layout {
    return new Layout(packMessage(manifest))
  }

  /** The file that holds the byte at `offset`; empty files hold none. */
  fileAt(offset: number): PayloadFile | undefined {
    let low = 0
    let high = this.files.length - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const file = this.files[middle]!
      if (offset >= file.start && offset < file.start + file.size) return file
      if (offset < file.start) high = middle - 1
      else low = middle + 1
    }
    return undefined
  }
}

/**
 * What a node has of a broadcast so far. Those that it feeds read from its files while it receives, so nothing is held
 * in memory, and a node that lost its source goes on at any other.
 */
export class Payload extends EventEmitter<{ more: [] }> {
  /** Where the files are: a temporary place until all is verified. */
  readonly root: string
  layout: Layout | undefined
  available = 0
  #failure: Error | undefined

  constructor(root: string) {
    super()
    // One for each node that this one feeds.
    this.setMaxListeners(0)
    this.root = root
  }

  get isComplete(): boolean {
    return this.layout !== undefined && this.available === this.layout.total
  }

  grow(bytes: number): void {
    this.available += bytes
    this.emit('more')
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.emit('more')
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Settles at the next change, or after `ms`. */
  async change(ms: number): Promise<void> {
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(), ms)
    try {
      await once(this, 'more', { signal: limit.signal })
    } catch (error) {
      if (!limit.signal.aborted) throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** Reads a payload from its files, mostly forward; one file is open at a time. */
export class PayloadReader implements AsyncDisposable {
  readonly #payload: Payload
  #open: { readonly path: string; readonly handle: FileHandle } | undefined

  constructor(payload: Payload) {
    this.#payload = payload
  }

  /** Fills the buffer from `offset` as far as one file goes. The caller knows that those bytes are available. */
  async read(layout: Layout, offset: number, buffer: Buffer): Promise<number> {
    if (offset < layout.head.length) return layout.head.copy(buffer, 0, offset)
    const file = layout.fileAt(offset)
    if (file === undefined) throw new RangeError(`offset ${offset} is beyond the payload`)
    if (this.#open?.path !== file.path) {
      await this.#open?.handle.close()
      this.#open = undefined
      this.#open = { path: file.path, handle: await open(join(this.#payload.root, file.path), 'r') }
    }
    const length = Math.min(buffer.length, file.start + file.size - offset)
    const { bytesRead } = await this.#open.handle.read(buffer, 0, length, offset - file.start)
    if (bytesRead === 0) throw new Error(`'${file.path}' became shorter while it was sent`)
    return bytesRead
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.handle.close()
    this.#open = undefined
  }
}
