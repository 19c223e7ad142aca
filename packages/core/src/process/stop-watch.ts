import { processStat } from './fence.js'

/** A process that does not run because it was told so: SIGSTOP, Ctrl-Z, or a debugger. */
export interface StoppedProcess {
  /** What its owner called it; else the name of its program. */
  readonly name: string
  /** `T`, or `t` when a debugger holds it (proc(5)). */
  readonly state: string
}

interface Watched {
  readonly pid: number
  readonly name: string | undefined
  readonly start: string
  isStopped: boolean
}

/**
 * Tells of processes that were stopped: nothing else does, as they are neither gone nor say anything. Their state is
 * looked at in intervals, since no event tells it. Those that have ended are forgotten.
 */
export class StopWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  readonly #onStopped: (stopped: StoppedProcess) => void
  #watched: Watched[] = []

  constructor(intervalMs: number, onStopped: (stopped: StoppedProcess) => void) {
    this.#onStopped = onStopped
    this.#timer = setInterval(() => this.#look(), intervalMs).unref()
  }

  add(pid: number | undefined, name?: string): void {
    const start = pid === undefined ? undefined : processStat(pid)?.start
    if (pid !== undefined && start !== undefined) this.#watched.push({ pid, name, start, isStopped: false })
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    this.#watched = this.#watched.filter(one => {
      const stat = processStat(one.pid)
      if (stat?.start !== one.start) return false
      const isStopped = stat.state === 'T' || stat.state === 't'
      // Once for each stop, however long it lasts.
      if (isStopped && !one.isStopped) this.#onStopped({ name: one.name ?? stat.program, state: stat.state })
      one.isStopped = isStopped
      return true
    })
  }
}
