import type { FileHandle } from 'node:fs/promises'
import { startSha256 } from './sha256.js'

const CHUNK = 4 * 1024 * 1024
const IN_FLIGHT = 3

/** What went through, and its sha256 in hex. */
export interface Hashed {
  readonly hash: string
  readonly size: number
}

/** Writes `bytes` while it hashes them: the thread pool writes a few chunks ahead of the main thread's hash. */
export async function writeHashed(file: FileHandle, bytes: Uint8Array): Promise<Hashed> {
  const hash = startSha256()
  const pending = new Set<Promise<void>>()
  const errors: unknown[] = []
  for (let at = 0; at < bytes.byteLength && errors.length === 0; at += CHUNK) {
    const chunk = bytes.subarray(at, at + CHUNK)
    const write = writeAll(file, chunk, at)
      .catch((error: unknown) => void errors.push(error))
      .finally(() => pending.delete(write))
    pending.add(write)
    hash.update(chunk)
    if (pending.size >= IN_FLIGHT) await Promise.race(pending)
  }
  await Promise.all(pending) // until then the bytes and the file belong to the thread pool
  if (errors.length > 0) throw errors[0]
  return { hash: hash.digest('hex'), size: bytes.byteLength }
}

/** Reads a whole file of known size, a few chunks ahead of the hash; `size` is less when the file is shorter. */
export async function readHashed(
  file: FileHandle,
  size: number,
): Promise<Hashed & { readonly bytes: Buffer<ArrayBuffer> }> {
  const bytes = Buffer.allocUnsafeSlow(size)
  const hash = startSha256()
  const reads: Promise<number>[] = []
  const start = (at: number): void => {
    if (at < size) reads.push(readAll(file, bytes.subarray(at, at + CHUNK), at))
  }
  for (let chunk = 0; chunk < IN_FLIGHT; chunk++) start(chunk * CHUNK)
  let total = 0
  try {
    for (let at = 0; at < size; at += CHUNK) {
      const read = await reads.shift()!
      start(at + IN_FLIGHT * CHUNK)
      hash.update(bytes.subarray(at, at + read))
      total += read
    }
  } finally {
    await Promise.allSettled(reads) // the buffer and the descriptor belong to them until they end
  }
  return { hash: hash.digest('hex'), size: total, bytes }
}

/** Whether a file has exactly these bytes. Several times as quick as a hash, and stops at the first that differ. */
export async function hasBytes(file: FileHandle, bytes: Uint8Array): Promise<boolean> {
  if ((await file.stat()).size !== bytes.byteLength) return false
  const buffers = Array.from({ length: IN_FLIGHT }, () => Buffer.allocUnsafeSlow(CHUNK))
  const reads: Promise<number>[] = []
  const start = (at: number): void => {
    if (at >= bytes.byteLength) return
    const into = buffers[(at / CHUNK) % IN_FLIGHT]!.subarray(0, Math.min(CHUNK, bytes.byteLength - at))
    reads.push(readAll(file, into, at))
  }
  for (let chunk = 0; chunk < IN_FLIGHT; chunk++) start(chunk * CHUNK)
  try {
    for (let at = 0; at < bytes.byteLength; at += CHUNK) {
      const read = buffers[(at / CHUNK) % IN_FLIGHT]!.subarray(0, await reads.shift()!)
      if (!read.equals(bytes.subarray(at, at + CHUNK))) return false
      start(at + IN_FLIGHT * CHUNK)
    }
    return true
  } finally {
    await Promise.allSettled(reads) // the descriptor belongs to them until they end
  }
}

/** Copies from one file to another through two buffers, and hashes what was written. Bounded memory for any size. */
export async function copyHashed(from: FileHandle, to: FileHandle, chunkSize = CHUNK): Promise<Hashed> {
  const hash = startSha256()
  const buffers = [Buffer.allocUnsafeSlow(chunkSize), Buffer.allocUnsafeSlow(chunkSize)] as const
  let size = 0
  let read = readAll(from, buffers[0], 0)
  for (let turn = 0; ; turn++) {
    const chunk = buffers[turn % 2 === 0 ? 0 : 1].subarray(0, await read)
    if (chunk.byteLength === 0) break
    const isLast = chunk.byteLength < chunkSize
    read = isLast ? Promise.resolve(0) : readAll(from, buffers[turn % 2 === 0 ? 1 : 0], size + chunkSize)
    const write = writeAll(to, chunk, size)
    hash.update(chunk)
    const [written] = await Promise.allSettled([write, read])
    if (written.status === 'rejected') throw written.reason
    size += chunk.byteLength
  }
  return { hash: hash.digest('hex'), size }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) {
    at += (await file.write(bytes, at, bytes.byteLength - at, position + at)).bytesWritten
  }
}

async function readAll(file: FileHandle, into: Uint8Array, position: number): Promise<number> {
  let at = 0
  while (at < into.byteLength) {
    const { bytesRead } = await file.read(into, at, into.byteLength - at, position + at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return at
}
