import { type BodyContext, gangDecorator } from '@flow/core'
import type { Ssh } from './api.js'
import { requirements } from './doctor.js'
import { sshMesh } from './mesh.js'
import type { SshOptions } from './options.js'
import { template } from './template.js'

/**
 * Passwordless SSH between the nodes of the step's gang, by keys that are made for the attempt and gone with it: plain
 * `ssh node1`, `scp` and `sftp` inside the step, and `current.ssh`. With no other decorator for gangs the body runs on
 * control while the other nodes serve; beside `@parallel()` it runs on every node.
 *
 * @throws `FLOW_SSH_OPTIONS`, `FLOW_SSH_MISSING`, `FLOW_SSH_SERVER_FAILED`; by way of the gang, before the body.
 *
 * @example
 * class Kernels extends Flow {
 *   @step start() { this.next(this.multinode, { numParallel: 2 }) }
 *   @ssh()
 *   @step async multinode() {
 *     const { stdout } = await current.ssh.exec('node1', 'uname -r')
 *     console.log(stdout)
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const ssh = gangDecorator({
  name: 'ssh',
  core: '^0.1.0',
  uses: [sshMesh],
  doctor: requirements,
  templates: [template],
  setup(gang, options: SshOptions) {
    const mesh = gang.use(sshMesh)
    mesh.require(options)
    gang.hooks.plan.tap('ssh', ({ plan }) => {
      const isAlone = plan.extensions.every(name => name === 'ssh' || name === 'ssh-mesh')
      return isAlone ? { ...plan, workers: 'serve' as const } : plan
    })
    const provide = async (ctx: BodyContext): Promise<void> => {
      const files = mesh.files()
      if (files === undefined) return
      const { CurrentSsh } = await import('./current-ssh.js')
      ctx.provide('ssh', new CurrentSsh(ctx, files, mesh.nodes()))
    }
    gang.hooks.onControl.tap('ssh', provide)
    gang.hooks.onWorker.tap('ssh', provide)
  },
})

declare module '@flow/core' {
  interface Current {
    /** The SSH of this gang; in a step with `@ssh()`. */
    readonly ssh: Ssh
  }
}
