import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { ServerChannel, Session } from 'ssh2'
import type { Sessions } from '../session.js'
import { serveSftp } from './sftp.js'

/** What a session needs of its node. */
export interface SessionHost {
  readonly sessions: Sessions
  /** Environment of the node's programs. */
  readonly env: () => Readonly<Record<string, string>>
  readonly workDir: string
  readonly log: (line: string) => void
}

/** Serves one session: at most one program, and what passes between it and its client. */
export function serveSession(host: SessionHost, session: Session): void {
  const sent: Record<string, string> = {}
  let program: ChildProcessWithoutNullStreams | undefined
  const signal = (name: NodeJS.Signals): void => {
    if (program?.pid !== undefined) signalGroup(program.pid, name)
  }
  const run = (channel: ServerChannel, command: string | undefined): void => {
    const child = startProgram(host, sent, command)
    program = child
    // EPIPE: the program reads no more, or the client is gone; each has an end of its own that is seen.
    child.stdin.on('error', () => undefined)
    channel.on('error', () => undefined)
    channel.pipe(child.stdin)
    child.stdout.pipe(channel, { end: false })
    child.stderr.pipe(channel.stderr, { end: false })
    child.once('error', error => {
      host.log(`a session could not be started: ${error.message}`)
      channel.exit(255)
      channel.close()
    })
    child.once('close', (code, name) => {
      program = undefined
      if (name === null) channel.exit(code ?? 255)
      else channel.exit(name.slice('SIG'.length))
      channel.end()
    })
    // The client is gone before its program: as when a terminal is closed.
    channel.once('close', () => signal('SIGHUP'))
  }
  // A client that wants no answer to a request gets none: there is nothing to call then.
  session.on('env', (accept, _, { key, val }) => {
    sent[key] = val
    accept?.()
  })
  session.on('pty', (_, reject) => reject?.())
  session.on('exec', (accept, _, { command }) => run(accept(), command))
  session.on('shell', accept => run(accept(), undefined))
  session.on('sftp', accept => serveSftp(accept(), host.workDir))
  session.on('signal', (accept, _, { name }) => {
    accept?.()
    signal(`SIG${name}` as NodeJS.Signals)
  })
}

function startProgram(
  { sessions, env }: SessionHost,
  sent: Readonly<Record<string, string>>,
  command: string | undefined,
): ChildProcessWithoutNullStreams {
  sessions.refresh()
  const [file = '', ...args] = sessions.command
  const original = command === undefined ? {} : { SSH_ORIGINAL_COMMAND: command }
  return spawn(file, args, {
    cwd: '/',
    env: { ...env(), ...sent, ...sessions.marks, ...original },
    stdio: 'pipe',
    detached: true,
  })
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It ended before the signal came, or there is no such signal.
  }
}
