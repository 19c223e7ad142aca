/** Loaded when something is large enough to be compressed: most tasks have nothing. */
export const zlib = (): typeof import('node:zlib') => process.getBuiltinModule('node:zlib')

/** Below this a file takes one block of the disk or a few, whatever is done to it. */
const WORTH_TRYING = 16 * 1024
const SAMPLE = 64 * 1024
const PAYS = 0.7

const options = (): { params: Record<number, number> } => ({
  params: { [zlib().constants.ZSTD_c_compressionLevel]: 1 },
})

/** The bytes compressed with zstd, or undefined where a sample says that it does not pay. */
export function compressSync(bytes: Uint8Array): Uint8Array | undefined {
  return seemsToPay(bytes) ? zlib().zstdCompressSync(bytes, options()) : undefined
}

/** {@link compressSync} on the thread pool. */
export async function compress(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  if (!seemsToPay(bytes)) return undefined
  return new Promise((resolve, reject) => {
    zlib().zstdCompress(bytes, options(), (error, packed) => (error === null ? resolve(packed) : reject(error)))
  })
}

/** The inverse, or undefined when the bytes are damaged. Always memory of its own. */
export function decompress(packed: Uint8Array): Buffer<ArrayBuffer> | undefined {
  try {
    return zlib().zstdDecompressSync(packed)
  } catch {
    return undefined
  }
}

function seemsToPay(bytes: Uint8Array): boolean {
  if (bytes.byteLength < WORTH_TRYING) return false
  // From the middle: the start of a value is often unlike the rest of it.
  const start = Math.max(0, (bytes.byteLength - SAMPLE) >> 1)
  const sample = bytes.subarray(start, start + SAMPLE)
  return zlib().zstdCompressSync(sample, options()).byteLength < sample.byteLength * PAYS
}
