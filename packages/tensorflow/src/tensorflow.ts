import { gangDecorator } from '@flow/core'
import type { TensorflowApi } from './api.js'
import { tasksOf } from './cluster.js'
import { requirements } from './doctor.js'
import { Tensorflow } from './node.js'
import { checkOptions, type TensorflowOptions } from './options.js'
import { template } from './template.js'

/**
 * Runs the step's body on every node with `current.tensorflow`, which starts TensorFlow programs over all of them. Which
 * strategy they use is their own affair.
 *
 * @throws `FLOW_TENSORFLOW_OPTIONS`
 *
 * @example
 * class Train extends Flow {
 *   @step start() { this.next(this.train, { numParallel: 2 }) }
 *   @pypi({ packages: { 'tensorflow-cpu': '2.21.0' } })
 *   @tensorflow()
 *   @step async train() {
 *     await current.tensorflow.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const tensorflow = gangDecorator({
  name: 'tensorflow',
  core: '^0.1.0',
  workers: 'body',
  // Not TF_CONFIG.
  pass: ['TF_CPP_*', 'TF_ENABLE_*', 'TF_FORCE_*', 'TF_GPU_*', 'TF_NUM_*', 'TF_USE_*', 'TF_XLA_*', 'XLA_*', 'KERAS_*'],
  doctor: requirements,
  templates: [template],
  setup(gang, options: TensorflowOptions) {
    gang.hooks.plan.tap('tensorflow', ({ plan }) => {
      checkOptions(options)
      // Without it a run may have more ranks of each node than one, and is checked itself.
      if (plan.size > 0 && options.nprocPerNode !== undefined) tasksOf(plan.size * options.nprocPerNode, options)
    })
    gang.hooks.onControl.tap('tensorflow', ctx => ctx.provide('tensorflow', new Tensorflow(ctx, options)))
    gang.hooks.onWorker.tap('tensorflow', ctx => ctx.provide('tensorflow', new Tensorflow(ctx, options)))
  },
})

declare module '@flow/core' {
  interface Current {
    /** TensorFlow on the nodes of this gang; in a step with `@tensorflow()`. */
    readonly tensorflow: TensorflowApi
  }
}
