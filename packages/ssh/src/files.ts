import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MeshNode } from './facts.js'
import type { KeyPair } from './keys.js'
import { shellQuote } from './shell.js'

/** Where the parts of a node's SSH are: all in its private directory, gone with the attempt. */
export class SshFiles {
  readonly dir: string
  /** ssh_config of this node: its hosts are the gang's nodes. */
  readonly config: string
  /** This node's private key as a user. */
  readonly identity: string
  readonly knownHosts: string
  readonly hostKey: string
  readonly authorizedKeys: string
  readonly sshdConfig: string
  /** What a session's environment is, as text for a shell. */
  readonly environment: string
  /** Folder of `ssh`, `scp` and `sftp` that read `config`. */
  readonly bin: string
  readonly ssh: string

  /** @param nodeDir The node's private directory: no space, no colon. */
  constructor(nodeDir: string) {
    const dir = (this.dir = join(nodeDir, 'ssh'))
    this.config = join(dir, 'config')
    this.identity = join(dir, 'user_key')
    this.knownHosts = join(dir, 'known_hosts')
    this.hostKey = join(dir, 'host_key')
    this.authorizedKeys = join(dir, 'authorized_keys')
    this.sshdConfig = join(dir, 'sshd_config')
    this.environment = join(dir, 'environment')
    this.bin = join(dir, 'bin')
    this.ssh = join(this.bin, 'ssh')
  }

  /** Makes the directory, with this node's keys and the programs that stand before the system's. */
  async lay(keys: { readonly host: KeyPair; readonly user: KeyPair }, programs: ClientPrograms): Promise<void> {
    await mkdir(this.bin, { recursive: true, mode: 0o700 })
    await chmod(this.dir, 0o700)
    await Promise.all([
      writePrivate(this.hostKey, keys.host.privateKey),
      writePrivate(this.identity, keys.user.privateKey),
      ...Object.entries(programs).map(([name, path]) => this.#writeShim(name, path)),
    ])
  }

  /** Who may log in here, and whom this node knows: exactly these nodes. */
  async open(nodes: readonly MeshNode[], allowed: readonly MeshNode[]): Promise<void> {
    await Promise.all([
      writePrivate(this.config, this.#clientConfig(nodes)),
      writePrivate(this.knownHosts, nodes.map(node => `${node.name} ${node.hostKey}\n`).join('')),
      writePrivate(
        this.authorizedKeys,
        // `restrict`: no forwarding, no agent, no terminal, no ~/.ssh/rc (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
        allowed.map(node => `restrict ${node.userKey} ${node.name}\n`).join(''),
      ),
    ])
  }

  #clientConfig(nodes: readonly MeshNode[]): string {
    const hosts = nodes.map(
      ({ name, address, port, user }) => `Host ${name} ${address}
  HostName ${address}
  Port ${port}
  User ${user}
  HostKeyAlias ${name}
`,
    )
    // OpenSSH's first choice (sntrup761x25519) takes 130 ms of a core for each session, this 14 ms. Newer clients would
    // complain of it on stderr each time.
    return `${hosts.join('')}Host *
  KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256
  IgnoreUnknown WarnWeakCrypto
  WarnWeakCrypto no
  IdentityFile ${this.identity}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${this.knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  CheckHostIP no
  PreferredAuthentications publickey
  BatchMode yes
  ForwardAgent no
  ForwardX11 no
  ControlMaster no
  ControlPath none
  ConnectTimeout 60
  ServerAliveInterval 15
  LogLevel ERROR
`
  }

  async #writeShim(name: string, path: string): Promise<void> {
    const file = join(this.bin, name)
    await writeFile(file, `#!/bin/sh\nexec ${shellQuote(path)} -F ${this.config} "$@"\n`, { mode: 0o700 })
  }
}

/** Paths of OpenSSH's client programs on this node. */
export interface ClientPrograms {
  readonly ssh: string
  readonly scp?: string | undefined
  readonly sftp?: string | undefined
}

/** Whole or not at all: sshd may be reading it. */
async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  await writeFile(draft, text, { mode: 0o600 })
  await rename(draft, path)
}
