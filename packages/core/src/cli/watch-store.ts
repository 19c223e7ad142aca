import { type FSWatcher, watch } from 'node:fs'
import { isAlive } from './processes.js'

/** Nothing tells of the end of a process that is no child of ours: it is looked for at this interval. */
const LOOK_MS = 2_000

/**
 * Calls `look` whenever the metadata in `home` changed, and now and then while nothing does, until it returns true or
 * the signal is aborted.
 */
export async function watchStore(home: string, look: () => boolean, signal: AbortSignal): Promise<void> {
  let watcher: FSWatcher | undefined
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      const attempt = (): void => {
        soon = undefined
        try {
          if (signal.aborted || look()) resolve()
        } catch (error) {
          reject(error)
        }
      }
      // Every commit appends to meta.db-wal, and many come at once.
      watcher = watch(home, (_event, name) => {
        if (name === null || name.startsWith('meta.db')) soon ??= setImmediate(attempt)
      })
      timer = setInterval(attempt, LOOK_MS)
      signal.addEventListener('abort', attempt, { once: true })
      attempt()
    })
  } finally {
    watcher?.close()
    clearInterval(timer)
    if (soon !== undefined) clearImmediate(soon)
  }
}

/** True while the orchestrator of a run may still write: it has no end yet, and its process is there. */
export function goesOn(run: { readonly outcome?: unknown; readonly pid?: number | undefined } | undefined): boolean {
  return run !== undefined && run.outcome === undefined && run.pid !== undefined && isAlive(run.pid)
}
