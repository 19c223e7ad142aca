import { userInfo } from 'node:os'
import type { NodeContext, ReadyContext } from '@flow/core'
import type { SshNode } from './api.js'
import { findClient } from './client-programs.js'
import { FACT, type MeshNode, meshOf } from './facts.js'
import { SshFiles } from './files.js'
import { type KeyPair, makeKeyPair } from './keys.js'
import type { MeshOptions } from './options.js'
import { probe, serverFailed } from './probe.js'
import { BuiltIn } from './server/builtin.js'
import { Listener } from './server/listener.js'
import { findSshd, OpenSsh } from './server/openssh.js'
import { Sessions } from './session.js'

interface Keys {
  readonly host: KeyPair
  readonly user: KeyPair
}

const NO_SSHD = 'there is no sshd'

/** One node's part of the mesh. */
export class MeshMember {
  readonly files: SshFiles
  readonly #options: MeshOptions
  #nodes: readonly SshNode[] = []
  /** Those whose keys may log in now. */
  #allowed: readonly MeshNode[] = []

  private constructor(options: MeshOptions, nodeDir: string) {
    this.#options = options
    this.files = new SshFiles(nodeDir)
  }

  /** The barrier is passed, and the nodes know each other. */
  get isOpen(): boolean {
    return this.#nodes.length > 0
  }

  /** All nodes, once the barrier is passed. */
  get nodes(): readonly SshNode[] {
    return this.#nodes
  }

  /**
   * Before the barrier: makes the keys, starts the server and publishes the public halves.
   *
   * @throws `FLOW_SSH_MISSING`, `FLOW_SSH_SERVER_FAILED`
   */
  static async start(ctx: NodeContext, options: MeshOptions): Promise<MeshMember> {
    const member = new MeshMember(options, ctx.dir)
    const programs = await findClient(ctx.env)
    const [host, user] = await Promise.all([makeKeyPair(options.keyType), makeKeyPair(options.keyType)])
    await member.files.lay({ host, user }, programs)
    const listener = await Listener.listen(ctx.me.address)
    ctx.own(listener)
    ctx.signal.addEventListener('abort', () => listener.stop(), { once: true })
    const server = await member.#serve(ctx, listener, { host, user }, programs.ssh)
    await ctx.publish({
      [FACT]: { user: userName(), port: listener.port, server, hostKey: host.publicKey, userKey: user.publicKey },
    })
    return member
  }

  /** After the barrier: opens this node to the others, and theirs to this one's programs. */
  async open(ctx: ReadyContext): Promise<void> {
    const nodes = meshOf(ctx.roster)
    await this.#admit(
      nodes,
      nodes.filter(({ index }) => index === 0 || this.#options.mesh),
    )
    this.#nodes = nodes.map(({ userKey: _, ...node }) => node)
    ctx.setEnv('PATH', `${this.files.bin}:${ctx.env['PATH'] ?? ''}`)
  }

  async #admit(nodes: readonly MeshNode[], allowed: readonly MeshNode[]): Promise<void> {
    this.#allowed = allowed
    await this.files.open(nodes, allowed)
  }

  /** Starts the server that this node can have; returns its kind. */
  async #serve(ctx: NodeContext, listener: Listener, keys: Keys, ssh: string): Promise<MeshNode['server']> {
    const sessions = new Sessions(ctx, this.files)
    const log = (line: string): void => ctx.log(line)
    if (this.#options.server !== 'builtin') {
      const sshd = await findSshd(ctx.env)
      const refusal =
        sshd === undefined ? NO_SSHD : await this.#tryOpenSsh(ctx, listener, keys, sessions, { ssh, sshd })
      if (refusal === undefined) return 'openssh'
      if (this.#options.server === 'openssh') throw serverFailed(ctx.me.name, refusal)
      // Where there is none, nobody wonders why it is not used.
      if (refusal !== NO_SSHD)
        log(`SSH is served by @flow/ssh itself, as sshd cannot be used: ${refusal.trim().split('\n').at(-1)}`)
    }
    listener.use(
      new BuiltIn({
        hostKey: keys.host.privateKey,
        user: userName(),
        allowed: () => this.#allowed.map(node => node.userKey),
        sessions,
        env: () => ctx.env,
        workDir: ctx.workDir,
        log,
      }),
    )
    return 'builtin'
  }

  /** Why OpenSSH's server does not let this user in; undefined when it does, and serves from now on. */
  async #tryOpenSsh(
    ctx: NodeContext,
    listener: Listener,
    keys: Keys,
    sessions: Sessions,
    { ssh, sshd }: { readonly ssh: string; readonly sshd: string },
  ): Promise<string | undefined> {
    const { index, name, address } = ctx.me
    const user = userName()
    const server = await OpenSsh.prepare({
      sshd,
      files: this.files,
      sessions,
      user,
      env: ctx.env,
      log: line => ctx.log(line),
    })
    listener.use(server)
    const { publicKey: hostKey } = keys.host
    const { publicKey: userKey } = keys.user
    const me: MeshNode = { index, name, address, user, port: listener.port, server: 'openssh', hostKey, userKey }
    // Its own key on its own node, for this one login: who else may come, the roster says.
    await this.#admit([me], [me])
    const refusal = await probe({ ssh, config: this.files.config, host: name, env: ctx.env })
    await this.#admit([], [])
    const complaints = server.takeComplaints()
    return refusal === undefined ? undefined : [refusal, ...complaints].join('\n')
  }
}

/** Who this process is. A user without an entry in the user database has only the built-in server, and any name will do. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return process.env['USER'] ?? 'flow'
  }
}
