import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type BlobPipes, FETCHED } from '../../body/index.js'
import { deserializeError } from '../../errors/index.js'
import { type Artifacts, BlobStore, readTree } from '../../store/index.js'
import { BlobLink } from '../blob-link.js'
import type { NodePlaces, StoreDown, StoreUp } from '../protocol.js'
import { openFifo } from './events-fifo.js'

/** PIPE_BUF: written in one piece, and read so. */
const ANSWER_BYTES = 4096

/**
 * The store of a run for a node that does not see its disk: blobs are fetched when the body reads them, and brought back
 * when it is done; the log goes up as it is written. Everything takes the orchestrator link.
 */
export class NodeStore implements Disposable {
  readonly #places: NodePlaces
  readonly #send: (message: StoreUp) => void
  readonly #blobs: BlobStore
  readonly #link: BlobLink
  /** Log parts that are on their way. */
  readonly #logging: ((error: Error | null) => void)[] = []
  #wants: Socket | undefined
  #answers: number | undefined
  #end: Error | undefined

  constructor(places: NodePlaces, send: (message: StoreUp) => void) {
    this.#places = places
    this.#send = send
    this.#blobs = new BlobStore(places.blobsDir)
    this.#link = new BlobLink(this.#blobs, send)
  }

  receive(message: StoreDown): void {
    if (message.type === 'blob') return this.#link.receive(message)
    this.#logging.shift()?.(message.error === undefined ? null : deserializeError(message.error))
  }

  /** Takes a part of the log; `done` when the run's store has it. */
  log(bytes: Buffer, done: (error: Error | null) => void): void {
    if (this.#end !== undefined) return done(this.#end)
    this.#logging.push(done)
    this.#send({ type: 'log.part', bytes })
  }

  /** Makes the pipes by which a body asks for blobs, and answers what comes. */
  async servePipes(): Promise<BlobPipes> {
    const pipes = { want: join(this.#places.nodeDir, 'blobs.want'), have: join(this.#places.nodeDir, 'blobs.have') }
    await promisify(execFile)('mkfifo', ['-m', '600', pipes.want, pipes.have])
    // Both ends in our hand: neither a body that comes nor one that goes opens or ends a pipe.
    this.#answers = openSync(pipes.have, constants.O_RDWR | constants.O_NONBLOCK)
    this.#wants = openFifo(pipes.want, constants.O_RDWR)
    let rest = ''
    this.#wants.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const hash of lines) void this.#answer(hash)
    })
    return pipes
  }

  /** Brings what a body left to the run's store; settles when it is durable there. */
  async bring(artifacts: Artifacts): Promise<void> {
    const hashes = new Set<string>()
    for (const ref of Object.values(artifacts)) {
      // What was only passed on never came here, and is there already.
      if (!this.#blobs.has(ref.hash)) continue
      hashes.add(ref.hash)
      if (ref.encoding !== 'dir') continue
      for (const entry of await readTree(this.#blobs, ref)) if ('hash' in entry) hashes.add(entry.hash)
    }
    if (hashes.size > 0) await this.#link.offer([...hashes])
  }

  /** The link ended: nobody answers any more. */
  linkEnded(): void {
    this.#end = new Error('the orchestrator is gone')
    this.#link.close(this.#end)
    for (const done of this.#logging.splice(0)) done(this.#end)
  }

  async #answer(hash: string): Promise<void> {
    const text = await this.#link.fetch(hash).then(
      () => FETCHED,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    )
    if (this.#answers !== undefined) writeSync(this.#answers, Buffer.from(text).subarray(0, ANSWER_BYTES))
  }

  [Symbol.dispose](): void {
    this.#wants?.destroy()
    if (this.#answers !== undefined) closeSync(this.#answers)
    this.#answers = undefined
  }
}
