import { basename } from 'node:path'
import { chmod, stat } from 'node:fs/promises'
import type { ArtifactRef } from './artifact-ref.js'
import { putTree, restoreTree } from './blob-tree.js'
import type { BlobStore } from './blobs.js'
import { decodeArtifact, encodeArtifact } from './codec.js'

/**
 * Stores the value of an artifact.
 *
 * @param field The artifact's name, for the message of an error.
 * @param before What the value was loaded from, if it was: a large one that is still the same is not written again.
 * @throws FLOW_ARTIFACT_UNSTORABLE, FLOW_STORE_FULL, FLOW_STORE_READONLY
 *
 * @example
 * declare const store: Store
 * const ref = await storeArtifact(store.blobs, 'loss', [0.5, 0.25])
 * await loadArtifact(store.blobs, ref) // [0.5, 0.25]
 */
export async function storeArtifact(
  blobs: BlobStore,
  field: string,
  value: unknown,
  before?: ArtifactRef,
): Promise<ArtifactRef> {
  const { encoding, type, bytes } = encodeArtifact(field, value)
  if (before?.encoding === encoding && before.type === type && (await blobs.isUnchanged(before.hash, bytes))) {
    return before
  }
  const hash = await blobs.put(bytes, { compress: encoding !== 'bytes' })
  return { hash, encoding, size: bytes.byteLength, ...(type === undefined ? {} : { type }) }
}

/**
 * Stores a file or a directory as an artifact, streamed, with its permission bits.
 *
 * @param from Where it is now.
 * @param place The path it has for the flow, kept in the record; by default its name.
 */
export async function storePath(blobs: BlobStore, from: string, place = basename(from)): Promise<ArtifactRef> {
  const found = await stat(from)
  const isDir = found.isDirectory()
  const stored = isDir ? await putTree(blobs, from) : await blobs.putFile(from)
  return { ...stored, encoding: isDir ? 'dir' : 'file', type: place, mode: found.mode & 0o777 }
}

/**
 * Writes what {@link storePath} stored to `to`; any other artifact as its stored bytes. It replaces what is there, but of
 * a directory files of other names stay.
 *
 * @throws FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT, FLOW_STORE_FULL
 */
export async function restorePath(blobs: BlobStore, ref: ArtifactRef, to: string): Promise<void> {
  if (ref.encoding !== 'dir') return blobs.restoreFile(ref, to, ref.mode)
  await restoreTree(blobs, ref, to)
  // Last: it may be read-only.
  if (ref.mode !== undefined) await chmod(to, ref.mode)
}

/**
 * Reads the value of an artifact that is neither a file nor a directory (those have {@link restorePath}).
 *
 * @throws FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT
 */
export async function loadArtifact(blobs: BlobStore, ref: ArtifactRef): Promise<unknown> {
  return decodeArtifact(ref, await blobs.get(ref.hash))
}

/** {@link loadArtifact} for getters, which cannot wait. A large value holds up the thread while it is read. */
export function loadArtifactSync(blobs: BlobStore, ref: ArtifactRef): unknown {
  return decodeArtifact(ref, blobs.getSync(ref.hash))
}
