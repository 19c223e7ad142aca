import { gangDecorator } from '@flow/core'
import type { SshNode } from './api.js'
import type { MeshMember } from './member.js'
import { settleOptions, type SshOptions } from './options.js'

/** Where a node's part of the mesh is, for extensions whose programs use it. */
export interface MeshFiles {
  /** The private directory of it all; gone with the attempt. */
  readonly dir: string
  /** ssh_config whose hosts are the gang's nodes, by name and by address. */
  readonly config: string
  /** This node's private key. */
  readonly identity: string
  readonly knownHosts: string
  /** Folder of `ssh`, `scp` and `sftp` that read `config`; first on the PATH of the node's programs. */
  readonly bin: string
  /** Path of that `ssh`, without a space or colon. */
  readonly ssh: string
}

/** What the mesh offers to extensions that use it. */
export interface MeshApi {
  /**
   * Asks for SSH between the nodes. Only in `setup`: without it there are no keys and no server.
   *
   * @throws `FLOW_SSH_OPTIONS`, before anything starts, when two that ask contradict each other.
   */
  require(options?: SshOptions): void
  /** This node's part, from `onReady` on; undefined when nobody asked. */
  files(): MeshFiles | undefined
  /** All nodes as SSH reaches them, from `onReady` on; none when nobody asked. */
  nodes(): readonly SshNode[]
}

/**
 * SSH between the nodes of a gang, for extensions that need it: list it in `uses`, and ask for it in `setup`.
 * {@link ssh} is what flows use.
 *
 * @example
 * export const pdsh = gangDecorator({
 *   name: 'pdsh',
 *   core: '^0.1.0',
 *   uses: [sshMesh],
 *   setup(gang) {
 *     const mesh = gang.use(sshMesh)
 *     mesh.require()
 *     gang.hooks.onControl.tap('pdsh', ctx => ctx.log(`pdsh -R ssh, with ${mesh.files()?.config}`))
 *   },
 * })
 */
export const sshMesh = gangDecorator({
  name: 'ssh-mesh',
  core: '^0.1.0',
  files: [new URL('../programs/', import.meta.url)],
  setup(gang): MeshApi {
    const wishes: SshOptions[] = []
    let member: MeshMember | undefined
    gang.hooks.plan.tap('ssh-mesh', () => {
      // Only to refuse what cannot be, before there is any node.
      if (wishes.length > 0) settleOptions(wishes)
    })
    gang.hooks.onNode.tap('ssh-mesh', async ctx => {
      if (wishes.length === 0) return
      // ssh2 takes 30 ms to load: nothing of it where nobody asks for SSH.
      const { MeshMember } = await import('./member.js')
      member = await MeshMember.start(ctx, settleOptions(wishes))
    })
    gang.hooks.onReady.tap('ssh-mesh', ctx => member?.open(ctx))
    return {
      require: (options = {}) => void wishes.push(options),
      files: () => (member?.isOpen === true ? member.files : undefined),
      nodes: () => member?.nodes ?? [],
    }
  },
})
