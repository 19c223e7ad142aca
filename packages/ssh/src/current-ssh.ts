import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { type BodyContext, FlowError, isExecutable, type ProgramResult, type Words } from '@flow/core'
import type { Ssh, SshCopyOptions, SshExecOptions, SshNode } from './api.js'
import { connectionFailure } from './failures.js'
import type { MeshFiles } from './mesh.js'
import { endScript, execScript } from './scripts.js'
import { shellQuote } from './shell.js'

/** Long enough for a node that has much to do to end a command that was left there. */
const END_MS = 15_000

/** `current.ssh`, as it lives on a node. */
export class CurrentSsh implements Ssh {
  readonly nodes: readonly SshNode[]
  readonly configFile: string
  readonly identityFile: string
  readonly knownHostsFile: string
  readonly #ctx: BodyContext
  readonly #bin: string
  readonly #dir: string

  constructor(ctx: BodyContext, files: MeshFiles, nodes: readonly SshNode[]) {
    this.nodes = nodes
    this.configFile = files.config
    this.identityFile = files.identity
    this.knownHostsFile = files.knownHosts
    this.#ctx = ctx
    this.#bin = files.bin
    this.#dir = files.dir
  }

  async exec(
    node: number | string,
    command: string | Words,
    { cwd = '.', env = {}, onLine, ...options }: SshExecOptions = {},
  ): Promise<ProgramResult> {
    const target = this.#node(node)
    const line = typeof command === 'string' ? command : command.map(word => shellQuote(String(word))).join(' ')
    const mark = randomBytes(8).toString('hex')
    const result = await this.#runScript(target, execScript({ line, cwd, env, mark }), {
      ...options,
      ...(onLine === undefined ? {} : { onLine: (text, from) => onLine(text, { ...from, node: target.index }) }),
    })
    // The session's client is gone, which sshd does not tell the session's program.
    if (result.timedOut || result.isCanceled)
      await this.#runScript(target, endScript(mark), { timeout: END_MS }).catch(() => undefined)
    const failure = connectionFailure(target, result)
    if (failure !== undefined) throw failure
    return { ...result, ...fromStatus(result), command: typeof command === 'string' ? [command] : command.map(String) }
  }

  async copy(from: string | readonly string[], to: string, options: SshCopyOptions = {}): Promise<ProgramResult> {
    const scp = join(this.#bin, 'scp')
    if (!(await isExecutable(scp))) {
      throw new FlowError('FLOW_SSH_MISSING', {
        message: 'There is no scp on the PATH of this step',
        fix: "Install the rest of OpenSSH's client: apt-get install openssh-client",
      })
    }
    // Between two other nodes by way of this one (-3), as they may not know each other.
    const words = ['-3', '-r', '-p', '--', ...[from].flat(), to]
    const result = await this.#ctx.exec([scp, ...words], options)
    if (result.exitCode === 0) return { ...result, command: ['scp', ...words] }
    throw new FlowError('FLOW_SSH_COPY_FAILED', {
      message: `scp ${words.slice(3).join(' ')} ${result.timedOut ? 'took too long' : 'failed'}`,
      why: result.stderr.trim() || `It ended with ${result.signal ?? result.exitCode}.`,
      fix: 'Check the paths: they begin at the working directory of their node.',
      details: { ...result },
    })
  }

  #node(node: number | string): SshNode {
    const found = this.nodes.find(({ index, name }) => index === node || name === node)
    if (found !== undefined) return found
    throw new FlowError('FLOW_SSH_NO_SUCH_NODE', {
      message: `There is no node '${node}' in this gang`,
      fix: `Its nodes are ${this.nodes.map(({ name }) => name).join(', ')}.`,
    })
  }

  /** The script goes by standard input, not on a command line, which every user of the machine can read. */
  async #runScript(target: SshNode, script: string, options: SshExecOptions): Promise<ProgramResult> {
    const dir = await mkdtemp(join(this.#dir, 'exec-'))
    try {
      const path = join(dir, 'script')
      await writeFile(path, script, { mode: 0o600 })
      const ssh = join(this.#bin, 'ssh')
      return await this.#ctx.exec(
        ['/bin/sh', '-c', 'exec "$1" "$2" /bin/sh <"$3"', 'sh', ssh, target.name, path],
        options,
      )
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
}

/** A status above 128 is read as a signal, as shells do: ssh itself has no other way to tell. */
function fromStatus({ exitCode, signal }: ProgramResult): Pick<ProgramResult, 'exitCode' | 'signal'> {
  const number = (exitCode ?? 0) - 128
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return name === undefined ? { exitCode, signal } : { exitCode: null, signal: name }
}
