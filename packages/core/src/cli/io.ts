import { Console } from 'node:console'
import type { Writable } from 'node:stream'

/** A place to print to: `process.stdout` as far as the CLI needs it, so that a test can hand in any stream. */
export type Screen = Writable & {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** Everything a command sees of the process it runs in. */
export interface Io {
  readonly stdout: Screen
  readonly stderr: Screen
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute path that relative arguments are resolved against. */
  readonly cwd: string
}

/** The real process. Called once by `main.ts`. */
export function processIo(): Io {
  unblock(process.stdout)
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() }
}

/**
 * Sends what the console of this process prints to standard error: loading a flow runs its top level here, and with
 * `--json` nothing but events may be on standard output.
 */
export function keepConsoleOffStdout(io: Io): void {
  if (io.stdout === process.stdout) globalThis.console = new Console(process.stderr)
}

// Node makes terminals blocking: one that is stopped (Ctrl-S, a pager, a dead ssh connection) would stop the
// orchestrator, and with it the leases of every node. There is no public call for it; without it all else still works.
function unblock(stream: Screen): void {
  if (stream.isTTY !== true) return
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => void } }
  handle?.setBlocking?.(false)
}
