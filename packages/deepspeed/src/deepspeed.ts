import { gangDecorator, setNetworkInterface } from '@flow/core'
import { removeMpichFiles } from '@flow/mpi'
import { sshMesh } from '@flow/ssh'
import type { DeepSpeedApi, DeepSpeedLauncher } from './api.js'
import { DeepSpeed } from './control.js'
import { requirements } from './doctor.js'
import { checkLauncher } from './launchers/index.js'
import { template } from './template.js'

/** Options of {@link deepspeed}. */
export interface DeepSpeedOptions {
  /**
   * How ranks are started where a run does not say. Default 'perNode'. With 'pdsh' the nodes get SSH between them
   * (@flow/ssh); where only a run says 'pdsh', the gang's own agents answer in the place of SSH.
   */
  readonly launcher?: DeepSpeedLauncher | undefined
}

/**
 * Runs the step's body on control with `current.deepspeed`, which starts DeepSpeed programs over all nodes.
 *
 * @throws `FLOW_DEEPSPEED_OPTIONS`
 *
 * @example
 * class Train extends Flow {
 *   @step start() { this.next(this.train, { numParallel: 2 }) }
 *   @pypi({ packages: { torch: '2.13.0', deepspeed: '0.19.8' } })
 *   @deepspeed()
 *   @step async train() {
 *     await current.deepspeed.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const deepspeed = gangDecorator({
  name: 'deepspeed',
  core: '^0.1.0',
  workers: 'serve',
  uses: [sshMesh],
  pass: ['DS_ACCELERATOR', 'DEEPSPEED_TIMEOUT', 'PYTORCH_*', 'TORCH_*'],
  doctor: requirements,
  templates: [template],
  setup(gang, options: DeepSpeedOptions) {
    const mesh = gang.use(sshMesh)
    if (options.launcher === 'pdsh') mesh.require()
    gang.hooks.plan.tap('deepspeed', () => {
      if (options.launcher !== undefined) checkLauncher(options.launcher, '@deepspeed')
    })
    let started = Infinity
    gang.hooks.onNode.tap('deepspeed', () => {
      started = Date.now()
    })
    gang.hooks.onReady.tap('deepspeed', ctx => setNetworkInterface(ctx, 'GLOO_SOCKET_IFNAME'))
    gang.hooks.afterNode.tap('deepspeed', () => removeMpichFiles(started))
    gang.hooks.onControl.tap('deepspeed', ctx => {
      ctx.provide('deepspeed', new DeepSpeed(ctx, options, mesh.files()?.ssh))
    })
  },
})

declare module '@flow/core' {
  interface Current {
    /** DeepSpeed on the nodes of this gang; in a step with `@deepspeed()`. */
    readonly deepspeed: DeepSpeedApi
  }
}
