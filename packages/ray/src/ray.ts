import { gangDecorator, setNetworkInterface } from '@flow/core'
import type { RayApi } from './api.js'
import { Ray } from './control.js'
import { requirements } from './doctor.js'
import { findRay, type Installation } from './installation.js'
import { nodeLost } from './node-lost.js'
import { checkOptions, type RayOptions } from './options.js'
import { type Cluster, startRay } from './start.js'
import { template } from './template.js'

/**
 * Runs the step's body on control with `current.ray`, on a Ray cluster of the gang's nodes that lives as long as the
 * step: control is Ray's head, the other nodes are its workers. `@resources` of the step are what Ray schedules on each
 * node. A node whose Ray ends fails the step.
 *
 * @throws `FLOW_RAY_OPTIONS`, `FLOW_RAY_MISSING`, `FLOW_RAY_START_FAILED`, `FLOW_RAY_NODES_MISSING`, `FLOW_RAY_NODE_LOST`; by way of the
 * gang, before or beside the body.
 *
 * @example
 * class Train extends Flow {
 *   @step start() { this.next(this.train, { numParallel: 2 }) }
 *   @pypi({ packages: { 'ray[default]': '2.60.0' } })
 *   @resources({ cpu: 2 })
 *   @ray()
 *   @step async train() {
 *     const { output } = await current.ray.run({ entrypoint: 'train.py', input: { rounds: 20 } })
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const ray = gangDecorator({
  name: 'ray',
  core: '^0.1.0',
  workers: 'serve',
  // Not RAY_ADDRESS, and no token.
  pass: ['RAY_AIR_*', 'RAY_BACKEND_*', 'RAY_COLOR_*', 'RAY_DATA_*', 'RAY_DEDUP_*', 'RAY_TRAIN_*', 'RAY_TUNE_*'],
  files: [new URL('../programs/', import.meta.url)],
  doctor: requirements,
  templates: [template],
  setup(gang, options: RayOptions) {
    let installation: Installation | undefined
    let cluster: Cluster | undefined
    gang.hooks.plan.tap('ray', () => checkOptions(options))
    gang.hooks.onNode.tap('ray', async ctx => {
      installation = await findRay(ctx.env)
    })
    gang.hooks.onReady.tap('ray', async ctx => {
      // Of what its tasks use.
      setNetworkInterface(ctx, 'GLOO_SOCKET_IFNAME')
      if (installation !== undefined) cluster = await startRay(ctx, installation, options)
    })
    gang.hooks.onControl.tap('ray', ctx => {
      if (installation !== undefined && cluster !== undefined)
        ctx.provide('ray', new Ray(ctx, installation.python, cluster))
    })
    gang.hooks.onFailure.tap('ray', ({ verdict }) => nodeLost(verdict))
  },
})

declare module '@flow/core' {
  interface Current {
    /** The Ray cluster of this gang; in a step with `@ray()`. */
    readonly ray: RayApi
  }
}
