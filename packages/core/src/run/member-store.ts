import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { serializeError } from '../errors/index.js'
import { BlobLink, type StoreDown, type StoreUp } from '../gang/index.js'
import { type BlobStore, storeError } from '../store/index.js'

/** The run's store for one node that does not see its disk. */
export class MemberStore implements AsyncDisposable {
  readonly #logFile: string
  readonly #send: (message: StoreDown) => void
  readonly #link: BlobLink
  #log: FileHandle | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(blobs: BlobStore, logFile: string, send: (message: StoreDown) => void) {
    this.#logFile = logFile
    this.#send = send
    this.#link = new BlobLink(blobs, send)
  }

  receive(message: StoreUp): void {
    if (message.type === 'blob') this.#link.receive(message)
    else this.#writing = this.#writing.then(() => this.#append(message.bytes))
  }

  async #append(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#log === undefined) {
        await mkdir(dirname(this.#logFile), { recursive: true })
        this.#log = await open(this.#logFile, 'a')
      }
      await this.#log.writeFile(bytes)
      this.#send({ type: 'log.stored' })
    } catch (error) {
      this.#send({ type: 'log.stored', error: serializeError(storeError(error, this.#logFile)) })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#link.close(new Error('the node ended'))
    await this.#writing
    await this.#log?.close()
  }
}
