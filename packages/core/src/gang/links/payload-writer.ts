import { createHash } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Layout, type Payload, type PayloadFile } from './payload.js'

/** Largest manifest taken, in bytes: some hundred thousand files. */
const MAX_HEAD_BYTES = 64 * 1024 * 1024

/** Writes a payload as it arrives, in order, and hashes it on the way. */
export class PayloadWriter implements AsyncDisposable {
  readonly #payload: Payload
  readonly #hash = createHash('sha256')
  #headBytes: number | undefined
  #head: Buffer[] = []
  #headHeld = 0
  #open: { readonly file: PayloadFile; readonly handle: FileHandle } | undefined

  constructor(payload: Payload) {
    this.#payload = payload
  }

  /** Bytes taken so far: where a new source has to go on. */
  get offset(): number {
    return this.#payload.layout === undefined ? this.#headHeld : this.#payload.available
  }

  /** The size of the manifest, as the source says it; all sources must say the same. */
  begin(headBytes: number): void {
    if (headBytes > MAX_HEAD_BYTES) throw new Error(`a list of files of ${headBytes} bytes is too long`)
    if (this.#headBytes !== undefined && this.#headBytes !== headBytes) throw new Error('two sources disagree')
    this.#headBytes = headBytes
  }

  /** Takes the next bytes; they are not kept after it settled. Throws what the disk says (ENOSPC, ...). */
  async write(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes)
    let rest = bytes
    if (this.#payload.layout === undefined) {
      const part = rest.subarray(0, (this.#headBytes ?? 0) - this.#headHeld)
      rest = rest.subarray(part.length)
      this.#head.push(Buffer.from(part))
      this.#headHeld += part.length
      if (this.#headHeld < (this.#headBytes ?? 0)) return
      await this.#layOut(new Layout(Buffer.concat(this.#head)))
    }
    while (rest.length > 0) rest = rest.subarray(await this.#writeSome(rest))
  }

  async #layOut(layout: Layout): Promise<void> {
    this.#head = []
    const { root } = this.#payload
    // Writable while it is being filled; its own mode comes last.
    for (const { path } of layout.manifest.dirs) await mkdir(join(root, path), { recursive: true, mode: 0o700 })
    for (const { path, size } of layout.files) if (size === 0) await writeFile(join(root, path), '', { flag: 'wx' })
    this.#payload.layout = layout
    this.#payload.grow(layout.head.length)
  }

  async #writeSome(bytes: Buffer): Promise<number> {
    const { layout, available, root } = this.#payload
    const file = layout?.fileAt(available)
    if (file === undefined) throw new Error('more came than the list of files says')
    if (this.#open?.file !== file) {
      await this.#open?.handle.close()
      this.#open = undefined
      this.#open = { file, handle: await open(join(root, file.path), 'wx', 0o600) }
    }
    const part = bytes.subarray(0, file.start + file.size - available)
    for (let done = 0; done < part.length;) {
      const { bytesWritten } = await this.#open.handle.write(
        part,
        done,
        part.length - done,
        available - file.start + done,
      )
      done += bytesWritten
    }
    this.#payload.grow(part.length)
    return part.length
  }

  /** All has arrived: links and modes, then the hash of everything, hex. */
  async finish(): Promise<string> {
    const { layout, root } = this.#payload
    if (layout === undefined || !this.#payload.isComplete) throw new Error('it is not complete')
    await this.#open?.handle.close()
    this.#open = undefined
    // Last: nothing is ever written through a link.
    for (const { path, target } of layout.manifest.links) await symlink(target, join(root, path))
    for (const { path, mode } of layout.files) await chmod(join(root, path), mode)
    for (const { path, mode } of layout.manifest.dirs.toReversed()) await chmod(join(root, path), mode)
    return this.#hash.digest('hex')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.handle.close()
    this.#open = undefined
  }
}
