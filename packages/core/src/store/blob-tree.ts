import { chmod, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { FlowError } from '../errors/index.js'
import type { BlobStore } from './blobs.js'
import type { Hashed } from './hashed-io.js'
import { blobCorrupt, errnoOf, storeError } from './store-error.js'

/** One entry of a stored directory. `path` is relative, with `/`; `mode` the permission bits. */
export type TreeEntry =
  | { readonly path: string; readonly mode: number; readonly hash: string; readonly size: number }
  | { readonly path: string; readonly mode: number; readonly dir: true }
  | { readonly path: string; readonly symlink: string }

/**
 * Stores a directory: its files each as a blob, and a listing of them as one more. Symbolic links are stored as they
 * are, not followed.
 *
 * @returns The listing's hash, and the bytes of all files together.
 * @throws FLOW_ARTIFACT_UNSTORABLE for a socket, pipe or device; FLOW_STORE_FULL, FLOW_STORE_READONLY
 */
export async function putTree(blobs: BlobStore, root: string): Promise<Hashed> {
  const entries: TreeEntry[] = []
  await collect(blobs, root, '', entries)
  const hash = await blobs.put(Buffer.from(JSON.stringify(entries)), { compress: true })
  return { hash, size: entries.reduce((sum, entry) => sum + ('size' in entry ? entry.size : 0), 0) }
}

/**
 * Writes a stored directory to `to`, which may exist: files of the same names are replaced, others stay.
 *
 * @throws FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT, FLOW_STORE_FULL
 */
export async function restoreTree(blobs: BlobStore, ref: { readonly hash: string }, to: string): Promise<void> {
  const entries = parseListing(ref.hash, await blobs.get(ref.hash), blobs.path(ref.hash))
  try {
    await mkdir(to, { recursive: true })
    const folders = entries.filter(entry => 'dir' in entry)
    for (const { path } of folders) await makeFolder(join(to, path))
    for (const entry of entries) {
      if ('hash' in entry) await restoreEntry(blobs, entry, join(to, entry.path))
    }
    // Links last, so that no entry is written through one; modes of folders after that, innermost first, since a
    // folder may be read-only.
    for (const entry of entries) {
      if (!('symlink' in entry)) continue
      await rm(join(to, entry.path), { recursive: true, force: true })
      await symlink(entry.symlink, join(to, entry.path))
    }
    for (const { path, mode } of folders.toReversed()) await chmod(join(to, path), mode)
  } catch (error) {
    throw storeError(error, to)
  }
}

/** The entries of a stored directory, by its listing. */
export async function readTree(blobs: BlobStore, ref: { readonly hash: string }): Promise<readonly TreeEntry[]> {
  return parseListing(ref.hash, await blobs.get(ref.hash), blobs.path(ref.hash))
}

async function collect(blobs: BlobStore, root: string, folder: string, entries: TreeEntry[]): Promise<void> {
  const found = await readdir(join(root, folder), { withFileTypes: true })
  // Sorted, so that the same directory has the same hash everywhere.
  for (const entry of found.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    const full = join(root, path)
    const stat = await lstat(full)
    const mode = stat.mode & 0o777
    if (stat.isSymbolicLink()) entries.push({ path, symlink: await readlink(full) })
    else if (stat.isFile()) entries.push({ path, mode, ...(await blobs.putFile(full)) })
    else if (stat.isDirectory()) {
      entries.push({ path, mode, dir: true })
      await collect(blobs, root, path, entries)
    } else {
      throw new FlowError('FLOW_ARTIFACT_UNSTORABLE', {
        message: `${full} cannot be stored: it is no file, directory or symbolic link`,
        fix: 'Remove it from the directory, or store the files one by one.',
        details: { path: full },
      })
    }
  }
}

async function restoreEntry(
  blobs: BlobStore,
  entry: { readonly hash: string; readonly mode: number },
  to: string,
): Promise<void> {
  try {
    await blobs.restoreFile(entry, to, entry.mode)
  } catch (error) {
    if (errnoOf(error) !== 'EISDIR' && errnoOf(error) !== 'ENOTEMPTY') throw error
    await rm(to, { recursive: true })
    await blobs.restoreFile(entry, to, entry.mode)
  }
}

async function makeFolder(path: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined)
  if (stat?.isDirectory()) return chmod(path, 0o700 | (stat.mode & 0o777))
  if (stat !== undefined) await rm(path)
  await mkdir(path)
}

function parseListing(hash: string, bytes: Buffer, path: string): readonly TreeEntry[] {
  const listing: unknown = JSON.parse(bytes.toString('utf8'))
  // The hash says that these are the stored bytes, not that a directory was meant, nor who stored them.
  if (!Array.isArray(listing) || !listing.every(isEntry)) throw blobCorrupt(hash, path)
  return listing
}

function isEntry(entry: unknown): entry is TreeEntry {
  if (typeof entry !== 'object' || entry === null) return false
  const { path } = entry as { path?: unknown }
  if (
    typeof path !== 'string' ||
    path.includes('\0') ||
    path.split('/').some(part => part === '' || part === '.' || part === '..')
  )
    return false
  const { mode, hash, symlink: target, dir } = entry as Record<string, unknown>
  if (typeof target === 'string') return true
  return typeof mode === 'number' && (dir === true || (typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash)))
}
