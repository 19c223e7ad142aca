import { Fence, processStat, signalProcess } from '../../process/index.js'
import { PROGRAM_VARIABLE } from './program.js'

/**
 * What started the ranks of a launch on this node: a daemon, and the launcher itself on control. Open MPI's kill the ranks a
 * moment after they told them to end, whatever grace the gang has: so they are stopped (SIGSTOP) until the ranks have ended.
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
    const members = new Set(this.#fence.members())
    const launcher = this.#launcher.members()
    for (const pid of launcher) if (parentOf(pid) === process.pid) this.#add(pid)
    for (const rank of ranks) {
      // Its wrapper goes on: it reports the end.
      const wrapper = processStat(rank)?.parent
      for (let pid = parentOf(wrapper); pid !== process.pid && members.has(pid); pid = parentOf(pid)) this.#add(pid)
    }
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
}

function parentOf(pid: number | undefined): number {
  return (pid === undefined ? undefined : processStat(pid)?.parent) ?? 0
}
