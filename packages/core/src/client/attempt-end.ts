import { watch } from 'node:fs'
import type { RunRecord, Store } from '../store/index.js'
import { isAlive } from './is-alive.js'

/** A process that dies tells nobody but its parent, so we look. */
const LOOK_MS = 3000

/** Settles when an attempt has ended: its outcome was committed, its run was finished, or its orchestrator is gone. */
export function attemptEnd(
  store: Store,
  run: RunRecord,
  path: string,
  attempt: number,
): Disposable & { readonly promise: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => {
    const found = store.metadata.attempts(path).find(record => record.attempt === attempt)
    if (found?.outcome !== undefined || store.metadata.run(path)?.outcome !== undefined) resolve()
  }
  let waiting: NodeJS.Immediate | undefined
  // Every commit is a write to the database's log file beside it; many of them come at once.
  const watcher = watch(store.home, (_, name) => {
    if (name?.startsWith('meta.db')) waiting ??= setImmediate(() => ((waiting = undefined), look()))
  })
  const timer = setInterval(() => {
    if (run.pid !== undefined && !isAlive(run.pid)) resolve()
  }, LOOK_MS)
  look()
  return {
    promise,
    [Symbol.dispose](): void {
      watcher.close()
      clearInterval(timer)
      if (waiting !== undefined) clearImmediate(waiting)
    },
  }
}
