import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { BlobStore } from './blobs.js'
import { Metadata } from './metadata.js'
import { parseTaskPath } from './path.js'
import { storeError } from './store-error.js'

/**
 * A state directory: `meta.db`, `blobs/`, `logs/`, `packages/`, `deps/`, `tmp/`. Opening one costs nothing; the
 * database is opened when it is first asked for.
 *
 * @example
 * using store = Store.open(resolveHome('flow.ts'))
 * store.metadata.runs('Train')
 */
export class Store {
  readonly home: string
  readonly blobs: BlobStore
  readonly #makeNothing: boolean
  #metadata: Metadata | undefined

  private constructor(home: string, makeNothing: boolean) {
    this.home = home
    this.#makeNothing = makeNothing
    this.blobs = new BlobStore(join(home, 'blobs'))
  }

  /**
   * @param home An absolute path, from `resolveHome`.
   * @param options `makeNothing`: for readers; where there is no database the metadata is empty, and none is made.
   */
  static open(home: string, options: { readonly makeNothing?: boolean } = {}): Store {
    return new Store(home, options.makeNothing ?? false)
  }

  /** @throws FLOW_STORE_CORRUPT, FLOW_STORE_NEWER, FLOW_STORE_READONLY, FLOW_STORE_FULL, FLOW_STORE_LOCKED */
  get metadata(): Metadata {
    return (this.#metadata ??= this.#makeNothing ? Metadata.openExisting(this.home) : Metadata.open(this.home))
  }

  /** The directory of an attempt's log files, one a node. */
  logDir(taskPath: string, attempt: number): string {
    const { flow, runId, step, taskId } = parseTaskPath(taskPath)
    return join(this.home, 'logs', flow, runId, step, taskId, String(attempt))
  }

  /** The log file of one node of an attempt; a single task's is node 0. Its folders are made by the writer. */
  logFile(taskPath: string, attempt: number, node = 0): string {
    return join(this.logDir(taskPath, attempt), `node${node}.log`)
  }

  /** Makes a new empty directory, private to this user, in the file system of the store. The caller removes it. */
  tempDir(): string {
    const parent = join(this.home, 'tmp')
    try {
      mkdirSync(parent, { recursive: true })
      return mkdtempSync(join(parent, 't'))
    } catch (error) {
      throw storeError(error, parent)
    }
  }

  /** Closes the database, if it was opened. */
  close(): void {
    this.#metadata?.close()
    this.#metadata = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
