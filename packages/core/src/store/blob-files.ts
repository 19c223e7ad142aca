import { closeSync, fdatasyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errnoOf, storeError } from './store-error.js'

let counter = 0

/** A file that nobody wrote to for so long, in milliseconds, nobody will finish. */
const ABANDONED_MS = 60 * 60 * 1000

/**
 * Files that appear whole or not at all: written beside the blobs (the same file system), flushed to the disk, renamed.
 * The rename itself needs no flush of the folder: a journalling file system orders it before the later flush of the
 * metadata's own log, and a blob is verified whenever it is read.
 */
export class BlobFiles {
  readonly #temp: string

  constructor(dir: string) {
    this.#temp = join(dir, '.tmp')
  }

  /** Writes a small file in one go; about half the time of {@link write}. */
  writeSync(path: string, bytes: Uint8Array): void {
    const temp = this.#tempName()
    try {
      const file = retrySync(this.#temp, () => openSync(temp, 'wx', 0o644))
      try {
        for (let at = 0; at < bytes.byteLength;) at += writeSync(file, bytes, at)
        fdatasyncSync(file)
      } finally {
        closeSync(file)
      }
      retrySync(dirname(path), () => renameSync(temp, path))
    } catch (error) {
      rmSync(temp, { force: true })
      throw storeError(error, path)
    }
  }

  /**
   * Hands an open file to `fill`, then gives it the name that `fill` returns (undefined: the file is not wanted).
   * Nothing is left behind when `fill` throws.
   */
  async write(fill: (file: FileHandle) => Promise<string | undefined>): Promise<void> {
    const temp = this.#tempName()
    try {
      const file = await retry(this.#temp, () => open(temp, 'wx', 0o644))
      let path: string | undefined
      try {
        path = await fill(file)
        if (path !== undefined) await file.datasync()
      } finally {
        await file.close()
      }
      if (path === undefined) await rm(temp, { force: true })
      else await retry(dirname(path), () => rename(temp, path))
    } catch (error) {
      await rm(temp, { force: true })
      throw storeError(error, temp)
    }
  }

  /** Removes what processes that were killed left half-written. */
  async sweep(): Promise<void> {
    const names = await readdir(this.#temp).catch(() => [])
    for (const name of names) {
      const path = join(this.#temp, name)
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
      if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { force: true })
    }
  }

  #tempName(): string {
    return join(this.#temp, `${process.pid}-${counter++}-${Date.now().toString(36)}`)
  }
}

// The folders are there nearly always: make one only when the operation says that it is missing.
function retrySync<T>(folder: string, operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(folder, { recursive: true })
    return operation()
  }
}

async function retry<T>(folder: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    await mkdir(folder, { recursive: true })
    return await operation()
  }
}
