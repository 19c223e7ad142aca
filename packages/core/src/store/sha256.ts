import type { Hash } from 'node:crypto'

// Not imported: that evaluates every export of node:crypto, WebCrypto among them, 4 ms of each task's start.
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto')

/** The sha256 of `bytes`, in hex. */
export function sha256(bytes: Uint8Array): string {
  return crypto().hash('sha256', bytes, 'hex')
}

/** A sha256 of what comes in pieces. */
export function startSha256(): Hash {
  return crypto().createHash('sha256')
}
