import { mkdirSync, readdirSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'

/** The directory in which ranks say that they run, when they failed, and when SIGTERM came (conformance-rank.sh). */
export class RankFiles {
  constructor(readonly dir: string) {
    mkdirSync(dir, { recursive: true })
  }

  /** Process ids of the ranks that run or ran, by rank. */
  pids(): ReadonlyMap<number, number> {
    // One that is just being written is empty.
    return new Map([...this.#files('rank', numberIn)].filter(([, pid]) => pid > 0))
  }

  /** When ranks failed, or heard SIGTERM, by rank; milliseconds since the epoch. */
  times(what: 'failed' | 'sigterm'): ReadonlyMap<number, number> {
    return this.#files(what, path => statSync(path).mtimeMs)
  }

  #files(what: string, read: (path: string) => number): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    for (const name of readdirSync(this.dir)) {
      const rank = new RegExp(`^${what}-(\\d+)$`).exec(name)?.[1]
      if (rank !== undefined) found.set(Number(rank), read(join(this.dir, name)))
    }
    return found
  }

  /** Settles when all ranks run; false when `signal` is aborted before. */
  async allRun(ranks: number, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const look = (): void => {
      if (this.pids().size >= ranks) resolve(true)
    }
    const watcher = watch(this.dir, look)
    const onAbort = (): void => resolve(false)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    else look()
    try {
      return await promise
    } finally {
      watcher.close()
      signal.removeEventListener('abort', onAbort)
    }
  }
}

function numberIn(path: string): number {
  return Number(readFileSync(path, 'utf8'))
}
