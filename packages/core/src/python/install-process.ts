import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface InstallResult {
  readonly exitCode: number | null
  /** The last lines of stdout and stderr, in the order they came. */
  readonly lines: readonly string[]
}

const KEPT_LINES = 200
const GRACE_MS = 2000

/**
 * The installer's processes are a group of their own, ended when descriptor 3 ends: not even our death by SIGKILL leaves
 * an installer that goes on writing.
 */
const UNDER_LIFELINE = '(cat <&3; kill -9 0) >/dev/null 2>&1 & exec 3<&-; exec "$@"'

export async function runInstaller(
  command: readonly string[],
  options: {
    readonly env: Readonly<NodeJS.ProcessEnv>
    readonly onLine?: ((line: string) => void) | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<InstallResult> {
  options.signal?.throwIfAborted()
  const child = spawn('/bin/sh', ['-c', UNDER_LIFELINE, 'sh', ...command], {
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const lines: string[] = []
  const closed = Promise.withResolvers<number | null>()
  child.on('error', closed.reject)
  child.on('exit', code => {
    // Ends the watchdog, which would otherwise wait for it for ever, and whatever the installer left.
    child.stdio[3]?.destroy()
    closed.resolve(code)
  })
  const readers = [child.stdout, child.stderr].map(stream =>
    readLines(stream as Readable, line => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
      options.onLine?.(line)
    }),
  )

  let killer: NodeJS.Timeout | undefined
  const stop = () => {
    signalGroup(child.pid, 'SIGTERM')
    killer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_MS)
  }
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    const exitCode = await closed.promise
    // An installer's child may have ignored SIGTERM.
    if (options.signal?.aborted) signalGroup(child.pid, 'SIGKILL')
    await Promise.all(readers)
    options.signal?.throwIfAborted()
    return { exitCode, lines }
  } finally {
    clearTimeout(killer)
    options.signal?.removeEventListener('abort', stop)
  }
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    const text = withoutCredentials(line.trimEnd())
    if (text !== '') onLine(text)
  }
}

/** Index URLs may carry a password. */
export function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1****@')
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // the whole group is gone
  }
}
