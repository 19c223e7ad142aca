import { readFileSync } from 'node:fs'
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
  /** So many generations of its children are watched too. */
  readonly generations: number
  isStopped: boolean
}

/**
 * Tells of processes that were stopped: nothing else does, as they are neither gone nor say anything. Their state is
 * looked at in intervals, since no event tells it. Those that have ended are forgotten.
 */
export class StopWatch implements Disposable {
  readonly #timer: NodeJS.Timeout
  readonly #onStopped: (stopped: StoppedProcess) => void
  readonly #expected = new Set<number>()
  #watched: Watched[] = []

  constructor(intervalMs: number, onStopped: (stopped: StoppedProcess) => void) {
    this.#onStopped = onStopped
    this.#timer = setInterval(() => this.#look(), intervalMs).unref()
  }

  /** With `generations`, also what it has started by the time of each look: launchers and their daemons are often scripts. */
  add(
    pid: number | undefined,
    { name, generations = 0 }: { readonly name?: string; readonly generations?: number } = {},
  ): void {
    const start = pid === undefined ? undefined : processStat(pid)?.start
    if (pid === undefined || this.#watched.some(one => one.pid === pid && one.start === start)) return
    if (start !== undefined) this.#watched.push({ pid, name, start, generations, isStopped: false })
  }

  /** Its owner itself stops this one. */
  expect(pid: number): void {
    this.#expected.add(pid)
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
      if (isStopped && !one.isStopped && !this.#expected.has(one.pid))
        this.#onStopped({ name: one.name ?? stat.program, state: stat.state })
      one.isStopped = isStopped
      return true
    })
    const known = new Set(this.#watched.map(one => one.pid))
    for (const { pid, generations } of this.#watched.filter(one => one.generations > 0)) {
      for (const child of childrenOf(pid).filter(one => !known.has(one)))
        this.add(child, { generations: generations - 1 })
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    // It has ended, or the kernel was built without this.
    return []
  }
}
