import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('../../scripts/guard.sh', import.meta.url))

/**
 * A small process that outlives this one, to end the tasks with fences `FENCE.<number>` if this one cannot: it is killed,
 * or ends at once at the second Ctrl-C.
 */
export class Guard implements AsyncDisposable {
  readonly #child: ChildProcess

  constructor(fence: string) {
    // In a session of its own: Ctrl-C is not for it.
    this.#child = spawn('/bin/sh', [script, fence], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
    // Without it a run works as well; the next run's sweep does the same, later.
    this.#child.on('error', () => undefined)
    this.#child.stdin?.on('error', () => undefined)
  }

  /** All tasks have ended: nothing to guard. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
