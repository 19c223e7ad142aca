import { FlowError } from '../errors/index.js'

/** The code of a system error such as 'ENOENT', or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : undefined
}

/** A full file system under the store. */
export function storeFull(path: string, cause: unknown): FlowError {
  return new FlowError('FLOW_STORE_FULL', {
    message: `No space is left to write ${path}`,
    why: 'The file system of the state directory is full, or a quota is used up.',
    fix: 'Free some space, or set FLOW_HOME to a directory on a larger file system.',
    details: { path },
    cause,
  })
}

/** A store that this user may not write. */
export function storeReadonly(path: string, cause: unknown): FlowError {
  return new FlowError('FLOW_STORE_READONLY', {
    message: `${path} cannot be written`,
    why: 'This user may not write there, or the file system is mounted read-only.',
    fix: 'Give this user write permission, or set FLOW_HOME to a directory that can be written.',
    details: { path },
    cause,
  })
}

/**
 * A failed file operation of the store as the coded error that a person can act on; what is no such failure (a
 * FlowError, a defect) comes back as it is.
 */
export function storeError(cause: unknown, path: string): unknown {
  if (FlowError.is(cause)) return cause
  switch (errnoOf(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return storeFull(path, cause)
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return storeReadonly(path, cause)
    default:
      return cause
  }
}

/** A blob that is not in the store. */
export function blobMissing(hash: string, path: string): FlowError {
  return new FlowError('FLOW_BLOB_MISSING', {
    message: `The stored content ${hash} is missing`,
    why: `There is no file ${path}. It was removed after the run, or the store was copied in part.`,
    fix: 'Run the step that made it again, or restore the file from a backup.',
    details: { hash, path },
  })
}

/** A blob whose bytes are not those it is named for. */
export function blobCorrupt(hash: string, path: string): FlowError {
  return new FlowError('FLOW_BLOB_CORRUPT', {
    message: `The stored content ${hash} is damaged`,
    why: `The bytes of ${path} do not have this sha256: the disk failed, or something changed the file.`,
    fix: `Move the file away and run the step that made it again.`,
    details: { hash, path },
  })
}
