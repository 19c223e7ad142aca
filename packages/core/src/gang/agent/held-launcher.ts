import { Fence, processStat, signalProcess } from '../../process/index.js'
import { PROGRAM_VARIABLE } from './program.js'

/**
 * What started the ranks of a launch on this node: a daemon, a launcher. Some tell ranks to end once more, or kill them a
 * moment after, whatever grace the gang has: so they are stopped (SIGSTOP) until the ranks have ended.
 */
export class HeldLauncher {
  readonly #launcher: Fence
  readonly #fence: Fence
  readonly #onHeld: (pid: number) => void
  readonly #held = new Set<number>()

  /**
   * @param launcher Marks the launcher's processes.
   * @param fence The node's: nothing outside of it is stopped.
   */
  constructor(launcher: string, fence: Fence, onHeld: (pid: number) => void) {
    this.#launcher = new Fence(launcher, { variable: PROGRAM_VARIABLE })
    this.#fence = fence
    this.#onHeld = onHeld
  }

  /** Stops what started these ranks. Gives that and what else the launcher has here, which ends when it does. */
  hold(ranks: readonly number[]): ReadonlySet<number> {
    // They go on: they report the ends.
    const wrappers = new Set(ranks.map(parentOf))
    // First what is found at once: it may have seen a rank fail, and be about to tell the others.
    for (const wrapper of wrappers) {
      for (let pid = parentOf(wrapper); pid !== process.pid && this.#fence.has(pid); pid = parentOf(pid)) this.#add(pid)
    }
    const launcher = this.#launcher.members().filter(pid => !wrappers.has(pid))
    for (const pid of launcher) if (parentOf(pid) === process.pid) this.#add(pid)
    return new Set([...this.#held, ...launcher])
  }

  #add(pid: number): void {
    if (this.#held.has(pid)) return
    this.#held.add(pid)
    this.#onHeld(pid)
    signalProcess(pid, 'SIGSTOP')
  }

  release(): void {
    for (const pid of this.#held) signalProcess(pid, 'SIGCONT')
    this.#held.clear()
  }

  /** The launcher itself, where it is on this node. */
  kill(): Promise<void> {
    return this.#launcher.kill()
  }
}

/** 0 for a process that is gone. */
function parentOf(pid: number): number {
  return processStat(pid)?.parent ?? 0
}
