import type { Hash } from 'node:crypto'

// Not imported: that evaluates every export of node:crypto, WebCrypto among them, 4 ms of each task's start.
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** OpenSSL takes less than 2 GiB at once. */
const MOST = 2 ** 30

/** The sha256 of `bytes`, in hex. `most`: bytes for each call of the hash. */
export function sha256(bytes: Uint8Array, most = MOST): string {
  if (bytes.byteLength <= most) return crypto().hash('sha256', bytes, 'hex')
  const hash = startSha256()
  for (let at = 0; at < bytes.byteLength; at += most) hash.update(bytes.subarray(at, at + most))
  return hash.digest('hex')
}

/** A sha256 of what comes in pieces. */
export function startSha256(): Hash {
  return crypto().createHash('sha256')
}
