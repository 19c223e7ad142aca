import { mkdirSync, utimesSync, watch } from 'node:fs'
import { dirname, basename } from 'node:path'

/** Nothing tells that another process died with the lock: it is tried again in this interval. */
const RETRY_MS = 1000

/**
 * Waits until no other process has the lock and takes it. It is a lock of the operating system (held through SQLite on
 * an empty file), so it is free at once when its owner dies.
 *
 * @param onWait called once when another has it.
 */
export async function acquireLock(
  path: string,
  onWait: () => void,
  signal: AbortSignal | undefined,
): Promise<Disposable> {
  mkdirSync(dirname(path), { recursive: true })
  let lock = await tryLock(path)
  if (lock === undefined) onWait()
  while (lock === undefined) {
    signal?.throwIfAborted()
    await changeOf(path, signal)
    lock = await tryLock(path)
  }
  return lock
}

async function tryLock(path: string): Promise<Disposable | undefined> {
  const { DatabaseSync } = await import('node:sqlite')
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (/locked|busy/i.test(String(error))) return undefined
    throw error
  }
  return {
    [Symbol.dispose]() {
      database.close()
      const now = new Date()
      utimesSync(path, now, now) // those who wait watch for it
    },
  }
}

function changeOf(path: string, signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(dirname(path), (_event, name) => {
    if (name === basename(path)) resolve()
  })
  watcher.on('error', () => undefined) // too many watches on this machine: the interval remains
  const timer = setTimeout(resolve, RETRY_MS)
  const onAbort = () => resolve()
  signal?.addEventListener('abort', onAbort, { once: true })
  return promise.finally(() => {
    watcher.close()
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  })
}
