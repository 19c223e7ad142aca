import type { ProgramOptions, ProgramResult, Words } from '@flow/core'

/** A node as SSH reaches it. */
export interface SshNode {
  readonly index: number
  /** Its host name for `ssh`, `scp` and `sftp` inside the step. */
  readonly name: string
  readonly address: string
  readonly port: number
  readonly user: string
  /** Its public host key, `ssh-ed25519 AAAA…`. */
  readonly hostKey: string
  /** What serves it: OpenSSH's sshd, or this package. */
  readonly server: 'openssh' | 'builtin'
}

/** How a command runs in an SSH session; `cwd` begins at the working directory of the node that it runs on. */
export type SshExecOptions = Pick<ProgramOptions, 'cwd' | 'env' | 'timeout' | 'signal' | 'onLine'>

/** How `copy` of {@link Ssh} may be ended. */
export type SshCopyOptions = Pick<ProgramOptions, 'timeout' | 'signal'>

/** `current.ssh`: the SSH of this gang, which is gone with the step. */
export interface Ssh {
  /** All nodes, by index. */
  readonly nodes: readonly SshNode[]
  /** ssh_config with all nodes: `ssh -F`. Inside the step the `ssh`, `scp` and `sftp` on the PATH read it already. */
  readonly configFile: string
  /** This node's private key; it must not leave the node. */
  readonly identityFile: string
  readonly knownHostsFile: string
  /**
   * Runs a command on a node to its end, in a session of SSH.
   *
   * @param node Index or name of the node.
   * @param command A list is taken word by word; a string is a command line of the node's `sh`.
   * @returns How it ended: a non-zero exit is a result, not an error.
   * @throws `FLOW_SSH_FAILED` when there is no session, `FLOW_SSH_NO_SUCH_NODE`.
   *
   * @example
   * const { stdout } = await current.ssh.exec('node1', ['uname', '-r'])
   */
  exec(node: number | string, command: string | Words, options?: SshExecOptions): Promise<ProgramResult>
  /**
   * Copies files or folders between this node and others, by `scp`. Times and modes are kept, folders go with all that is
   * in them.
   *
   * @param from A path, or `node1:path` (a list of them: into a folder). Paths begin at the node's working directory.
   * @param to Where to, in the same form.
   * @throws `FLOW_SSH_COPY_FAILED`, `FLOW_SSH_MISSING` when there is no `scp`.
   *
   * @example
   * await current.ssh.copy('model.bin', 'node2:model.bin')
   */
  copy(from: string | readonly string[], to: string, options?: SshCopyOptions): Promise<ProgramResult>
}
