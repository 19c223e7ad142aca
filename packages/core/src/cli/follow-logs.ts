import { readLog, type LogLine, type ReadLogOptions } from '../store/index.js'
import { tasksOf, type Found } from './paths.js'
import { goesOn, watchStore } from './watch-store.js'

/**
 * Follows the logs of all attempts of all tasks that a path names, those too that begin later, until the run has ended
 * (or, for the path of a task, that task).
 */
export async function followLogs(
  found: Found,
  options: ReadLogOptions,
  show: (task: string, lines: AsyncIterable<LogLine>) => Promise<void>,
): Promise<void> {
  const { metadata } = found.store
  const followed = new Map<string, { ended: PromiseWithResolvers<void>; shown: Promise<void> }>()
  const look = (): boolean => {
    const running = goesOn(metadata.run(found.run))
    let isDone = found.isTask
    for (const { path } of tasksOf(found)) {
      const attempts = metadata.attempts(path)
      for (const { attempt, outcome } of attempts) {
        const key = `${path}#${attempt}`
        let one = followed.get(key)
        if (one === undefined) {
          const ended = Promise.withResolvers<void>()
          const lines = readLog(found.store.logDir(path, attempt), { ...options, follow: true, ended: ended.promise })
          one = { ended, shown: show(path, lines) }
          followed.set(key, one)
        }
        if (outcome !== undefined || !running) one.ended.resolve()
      }
      // A failed attempt may be followed by another.
      if (attempts.at(-1)?.outcome !== 'ok') isDone = false
    }
    return isDone || !running
  }
  await watchStore(found.store.home, look, options.signal ?? new AbortController().signal)
  for (const { ended } of followed.values()) ended.resolve()
  await Promise.all([...followed.values()].map(({ shown }) => shown))
}
