import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** One read cannot return more than 2 GiB, and Node's readFileSync refuses such files. */
const MOST = 2 ** 30

/** Reads a file of any size into memory of its own. `most`: bytes for each read. */
export function readWhole(path: string, most = MOST): Buffer<ArrayBuffer> {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size)
    let at = 0
    while (at < bytes.byteLength) {
      const read = readSync(file, bytes, at, Math.min(most, bytes.byteLength - at), at)
      // Cut short meanwhile: what is there is not what was stored, as its hash will tell.
      if (read === 0) return bytes.subarray(0, at)
      at += read
    }
    return bytes
  } finally {
    closeSync(file)
  }
}
