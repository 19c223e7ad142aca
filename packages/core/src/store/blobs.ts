import { existsSync, statSync } from 'node:fs'
import { chmod, type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobFiles } from './blob-files.js'
import { compress, compressSync, decompress } from './compression.js'
import { copyHashed, type Hashed, hasBytes, readHashed, writeHashed } from './hashed-io.js'
import { readWhole } from './read-whole.js'
import { sha256, startSha256 } from './sha256.js'
import { blobCorrupt, blobMissing, errnoOf, storeError } from './store-error.js'

/** Up to here one thread doing all of it is quicker than handing pieces to the thread pool. */
const SMALL = 1024 * 1024
const COMPRESSED = '.zst'

export interface BlobStoreOptions {
  /** Brings a blob that is read and is not here, or throws. Without it such a blob is missing. */
  readonly fetch?: ((hash: string) => void) | undefined
}

export interface PutOptions {
  /** Worth trying zstd: text and structured clones, not numbers and media. Off by default. */
  readonly compress?: boolean | undefined
}

/**
 * Content-addressed bytes in one directory: `<dir>/ab/<the other 62 hex digits>`, with `.zst` behind it where it is
 * compressed. A blob is written whole, flushed, and never changed. Equal content is stored once; any number of
 * processes may put and get at the same time.
 *
 * @example
 * const blobs = new BlobStore('/project/.flow/blobs')
 * const hash = await blobs.put(Buffer.from('hello'))
 * await blobs.get(hash) // <Buffer 68 65 6c 6c 6f>
 */
export class BlobStore {
  readonly dir: string
  readonly #files: BlobFiles
  readonly #fetch: ((hash: string) => void) | undefined

  constructor(dir: string, options: BlobStoreOptions = {}) {
    this.dir = dir
    this.#files = new BlobFiles(dir)
    this.#fetch = options.fetch
  }

  /** Removes what processes that were killed left half-written, an hour after their last byte. */
  sweep(): Promise<void> {
    return this.#files.sweep()
  }

  /** Where a blob is (or would be) when it is not compressed. */
  path(hash: string): string {
    return join(this.dir, hash.slice(0, 2), hash.slice(2))
  }

  has(hash: string): boolean {
    return this.locate(hash) !== undefined
  }

  /** The file that holds a blob now. */
  locate(hash: string): { readonly path: string; readonly compressed: boolean } | undefined {
    const path = this.path(hash)
    if (existsSync(path)) return { path, compressed: false }
    return existsSync(path + COMPRESSED) ? { path: path + COMPRESSED, compressed: true } : undefined
  }

  /**
   * Stores bytes, durably. They must not be changed until the promise settles.
   *
   * @returns Their sha256, in hex.
   * @throws FLOW_STORE_FULL, FLOW_STORE_READONLY
   */
  async put(bytes: Uint8Array, options: PutOptions = {}): Promise<string> {
    if (bytes.byteLength <= SMALL) return this.putSync(bytes, options)
    if (options.compress) {
      const hash = sha256(bytes)
      if (this.#isStored(hash, bytes.byteLength)) return hash
      const packed = await compress(bytes)
      if (packed !== undefined) return this.#putPacked(hash, packed)
    }
    let hash = ''
    await this.#files.write(async file => {
      hash = (await writeHashed(file, bytes)).hash
      return this.#isStored(hash, bytes.byteLength) ? undefined : this.path(hash)
    })
    return hash
  }

  /** {@link put} without giving way to other work: for small values, on the way to a task's start or end. */
  putSync(bytes: Uint8Array, options: PutOptions = {}): string {
    const hash = sha256(bytes)
    if (this.#isStored(hash, bytes.byteLength)) return hash
    const packed = options.compress ? compressSync(bytes) : undefined
    if (packed !== undefined) return this.#putPacked(hash, packed)
    this.#files.writeSync(this.path(hash), bytes)
    return hash
  }

  /**
   * Whether a large blob is these bytes: {@link put} would write them all before it knows. False where it is not known
   * at little cost (a small or compressed blob), or where the blob is missing.
   */
  async isUnchanged(hash: string, bytes: Uint8Array): Promise<boolean> {
    if (bytes.byteLength <= SMALL) return false
    const found = this.locate(hash)
    if (found === undefined || found.compressed) return false
    const file = await openBlob(hash, found.path)
    try {
      return await hasBytes(file, bytes)
    } finally {
      await file.close()
    }
  }

  /**
   * Stores a file's bytes; never more than a few megabytes of them are in memory.
   *
   * @throws FLOW_STORE_FULL, FLOW_STORE_READONLY, or the system's own error when `path` cannot be read
   */
  async putFile(path: string): Promise<Hashed> {
    const source = await open(path, 'r')
    try {
      let stored: Hashed = { hash: '', size: 0 }
      await this.#files.write(async file => {
        stored = await copyHashed(source, file)
        return this.#isStored(stored.hash, stored.size) ? undefined : this.path(stored.hash)
      })
      return stored
    } finally {
      await source.close()
    }
  }

  /**
   * Takes a blob as another store holds it (`locate` there), durably, once its content was seen to have the hash.
   *
   * @throws FLOW_BLOB_CORRUPT, FLOW_STORE_FULL, FLOW_STORE_READONLY, and what `chunks` throws
   */
  async putStored(hash: string, compressed: boolean, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const path = compressed ? this.path(hash) + COMPRESSED : this.path(hash)
    await this.#files.write(async file => {
      // What was compressed once was in the memory of one process: it fits into that of another.
      const packed: Uint8Array[] = []
      const digest = startSha256()
      for await (const chunk of chunks) {
        if (compressed) packed.push(chunk)
        else digest.update(chunk)
        await file.writeFile(chunk)
      }
      const unpacked = compressed ? decompress(Buffer.concat(packed)) : undefined
      const actual = compressed ? unpacked && sha256(unpacked) : digest.digest('hex')
      if (actual !== hash) throw blobCorrupt(hash, path)
      return path
    })
  }

  /**
   * Reads a blob and checks it against its hash while it reads.
   *
   * @throws FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT
   */
  async get(hash: string): Promise<Buffer<ArrayBuffer>> {
    const { path, compressed } = this.#find(hash)
    if (compressed) return this.#unpack(hash, path)
    const file = await openBlob(hash, path)
    try {
      const { size } = await file.stat()
      if (size <= SMALL) return this.getSync(hash)
      const read = await readHashed(file, size)
      if (read.hash !== hash || read.size !== size) throw blobCorrupt(hash, path)
      return read.bytes
    } finally {
      await file.close()
    }
  }

  /** {@link get} for small blobs, without giving way to other work. */
  getSync(hash: string): Buffer<ArrayBuffer> {
    const { path, compressed } = this.#find(hash)
    if (compressed) return this.#unpack(hash, path)
    const bytes = readBlob(hash, path)
    if (sha256(bytes) !== hash) throw blobCorrupt(hash, path)
    return bytes
  }

  /**
   * Writes a blob to a file, replacing what is there at once when all of it is written and verified.
   *
   * @throws FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT, FLOW_STORE_FULL
   */
  async restoreFile(ref: { readonly hash: string }, to: string, mode = 0o644): Promise<void> {
    const { path, compressed } = this.#find(ref.hash)
    const temp = `${to}.${process.pid}.part`
    try {
      if (compressed) await writeFile(temp, this.#unpack(ref.hash, path))
      else await this.#copyOut(ref.hash, path, temp)
      // Not when it is made: the umask would take bits away.
      await chmod(temp, mode)
      await rename(temp, to)
    } catch (error) {
      await rm(temp, { force: true })
      throw storeError(error, to)
    }
  }

  async #copyOut(hash: string, path: string, to: string): Promise<void> {
    const source = await openBlob(hash, path)
    try {
      const target = await open(to, 'w')
      try {
        if ((await copyHashed(source, target)).hash !== hash) throw blobCorrupt(hash, path)
      } finally {
        await target.close()
      }
    } finally {
      await source.close()
    }
  }

  #putPacked(hash: string, packed: Uint8Array): string {
    if (!this.has(hash)) this.#files.writeSync(this.path(hash) + COMPRESSED, packed)
    return hash
  }

  #unpack(hash: string, path: string): Buffer<ArrayBuffer> {
    const bytes = decompress(readBlob(hash, path))
    if (bytes === undefined || sha256(bytes) !== hash) throw blobCorrupt(hash, path)
    return bytes
  }

  #find(hash: string): { readonly path: string; readonly compressed: boolean } {
    let found = this.locate(hash)
    if (found === undefined && this.#fetch !== undefined) {
      this.#fetch(hash)
      found = this.locate(hash)
    }
    if (found === undefined) throw blobMissing(hash, this.path(hash))
    return found
  }

  // A file cut short by a broken disk does not count as stored: putting the value again heals it.
  #isStored(hash: string, size: number): boolean {
    const path = this.path(hash)
    return statSync(path, { throwIfNoEntry: false })?.size === size || existsSync(path + COMPRESSED)
  }
}

// A blob can vanish between finding and opening it, when something cleans the store.
async function openBlob(hash: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? blobMissing(hash, path) : storeError(error, path)
  }
}

function readBlob(hash: string, path: string): Buffer<ArrayBuffer> {
  try {
    return readWhole(path)
  } catch (error) {
    throw errnoOf(error) === 'ENOENT' ? blobMissing(hash, path) : storeError(error, path)
  }
}
