import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { findProgram, isExecutable } from '@flow/core'
import type { SshFiles } from '../files.js'
import type { Sessions } from '../session.js'
import { shellQuote } from '../shell.js'
import type { SshServer } from './server.js'

/** Distributions keep sshd out of an ordinary user's PATH, and its sftp server out of everyone's. */
const SSHD_PATHS = '/usr/sbin:/usr/local/sbin:/sbin'
const SFTP_SERVERS = [
  '/usr/lib/openssh/sftp-server',
  '/usr/libexec/openssh/sftp-server',
  '/usr/lib/ssh/sftp-server',
  '/usr/libexec/sftp-server',
]

export interface OpenSshOptions {
  readonly sshd: string
  readonly files: SshFiles
  readonly sessions: Sessions
  readonly user: string
  readonly env: Readonly<Record<string, string>>
  readonly log: (line: string) => void
}

/** OpenSSH's sshd on the PATH, or where distributions have it. */
export function findSshd(env: Readonly<Record<string, string>>): Promise<string | undefined> {
  return findProgram('sshd', { PATH: `${env['PATH'] ?? ''}:${SSHD_PATHS}` })
}

/**
 * OpenSSH's own server: one `sshd -i` for each connection, as inetd starts it, on the connection itself. So there is no
 * daemon that could stay behind, or whose marks are lost: sshd writes its title over its environment.
 */
export class OpenSsh implements SshServer {
  readonly kind = 'openssh'
  readonly #options: OpenSshOptions
  readonly #command: readonly string[]
  readonly #children = new Set<ChildProcess>()
  #complaints: string[] | undefined = []

  private constructor(options: OpenSshOptions, command: readonly string[]) {
    this.#options = options
    this.#command = command
  }

  static async prepare(options: OpenSshOptions): Promise<OpenSsh> {
    const { sshd, files, env } = options
    const [setpriv, sftp] = await Promise.all([findProgram('setpriv', env), firstExecutable(SFTP_SERVERS)])
    await writeFile(files.sshdConfig, configText(options, sftp), { mode: 0o600 })
    // Where the agent is killed, its sshds go too; they would also end by themselves, once their clients are gone.
    const tie = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL']
    return new OpenSsh(options, [...tie, sshd, '-i', '-e', '-f', files.sshdConfig])
  }

  serve(socket: Socket): void {
    this.#options.sessions.refresh()
    const [file = '', ...args] = this.#command
    const child = spawn(file, args, { env: this.#options.env, stdio: [socket, socket, 'pipe'], detached: true })
    this.#children.add(child)
    // The child has it now.
    child.once('spawn', () => socket.destroy())
    child.once('error', error => {
      socket.destroy()
      this.#children.delete(child)
      this.#complain(`it could not be started: ${error.message}`)
    })
    child.once('exit', () => this.#children.delete(child))
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', line => this.#complain(line))
  }

  /** What sshd had to say until now; what it says from now on goes into the node's log. */
  takeComplaints(): readonly string[] {
    const complaints = this.#complaints ?? []
    this.#complaints = undefined
    return complaints
  }

  #complain(line: string): void {
    if (this.#complaints === undefined) this.#options.log(`sshd: ${line.trim()}`)
    else this.#complaints.push(line.trim())
  }

  async close(): Promise<void> {
    const ends = [...this.#children].map(async child => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    })
    await Promise.all(ends)
  }
}

function configText({ files, sessions, user }: OpenSshOptions, sftp: string | undefined): string {
  // Bash reads ~/.bashrc for sshd, unless another shell seems to be around it.
  const variables = Object.entries({ ...sessions.marks, SHLVL: '1' }).map(([name, value]) => `${name}=${value}`)
  return `HostKey ${files.hostKey}
AuthorizedKeysFile ${files.authorizedKeys}
AllowUsers ${user}
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
PidFile none
UseDNS no
LoginGraceTime 60
MaxSessions 1024
ClientAliveInterval 15
DisableForwarding yes
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
PrintMotd no
PrintLastLog no
LogLevel ERROR
AcceptEnv *
SetEnv ${variables.join(' ')}
${sftp === undefined ? '' : `Subsystem sftp ${sftp}\n`}ForceCommand exec ${sessions.command.map(shellQuote).join(' ')}
`
}

async function firstExecutable(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await isExecutable(path)) return path
  return undefined
}
