import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { FlowError } from '../errors/index.js'
import { storeError, storeFull, storeReadonly } from './store-error.js'

// Primary result codes, https://www.sqlite.org/rescode.html
const PERM = 3
const BUSY = 5
const LOCKED = 6
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** What SQLite says, as the coded error that a person can act on. */
export function databaseError(cause: unknown, path: string): unknown {
  const errcode = typeof cause === 'object' && cause !== null ? (cause as { errcode?: unknown }).errcode : undefined
  if (typeof errcode !== 'number') return storeError(cause, path)
  switch (errcode & 0xff) {
    case BUSY:
    case LOCKED:
      return storeLocked(path, cause)
    case READONLY:
    case PERM:
      return storeReadonly(path, cause)
    case CANTOPEN:
      return isFull(path) ? storeFull(path, cause) : storeReadonly(path, cause)
    case FULL:
      return storeFull(path, cause)
    case IOERR:
      return isFull(path) ? storeFull(path, cause) : storeIo(path, cause)
    case CORRUPT:
    case NOTADB:
      return storeCorrupt(path, cause)
    default:
      return cause
  }
}

/** A database that SQLite cannot read, or that is not Flow's. */
export function storeCorrupt(path: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_STORE_CORRUPT', {
    message: `The database ${path} is damaged`,
    why: cause instanceof Error ? `SQLite says: ${cause.message}.` : 'Its tables are not those of Flow.',
    fix:
      `Move it aside with its companions (mv '${path}' '${path}.damaged', the same for -wal and -shm where they exist): ` +
      'the next run makes a new one. The content of artifacts stays in blobs/. `sqlite3 FILE .recover` may save the records.',
    details: { path },
    cause,
  })
}

/** A database made by a later Flow. */
export function storeNewer(path: string, found: number, known: number): FlowError {
  return new FlowError('FLOW_STORE_NEWER', {
    message: `The database ${path} was made by a newer Flow`,
    why: `It has schema ${found}; this Flow knows schemas up to ${known}.`,
    fix: 'Update @flow/core, or set FLOW_HOME to another directory for this version.',
    details: { path, found, known },
  })
}

function storeLocked(path: string, cause: unknown): FlowError {
  return new FlowError('FLOW_STORE_LOCKED', {
    message: `The database ${path} stayed locked`,
    why: 'Another program holds a transaction on it for longer than Flow waits.',
    fix: 'End the program that has the file open (fuser or lsof names it), then try again.',
    details: { path },
    cause,
  })
}

function storeIo(path: string, cause: unknown): FlowError {
  return new FlowError('FLOW_STORE_IO', {
    message: `The database ${path} cannot be read or written`,
    why: cause instanceof Error ? `SQLite says: ${cause.message}.` : undefined,
    fix: 'Look at the disk and its file system; network file systems without locks cannot hold it: set FLOW_HOME to a local directory.',
    details: { path },
    cause,
  })
}

// On a full disk SQLite often says only "disk I/O error" (it maps its shared memory file there).
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path))
    return bavail * bsize < 256 * 1024
  } catch {
    return false
  }
}
