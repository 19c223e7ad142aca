import { FlowError, gangDecorator, type PortLease, setNetworkInterface } from '@flow/core'
import type { TorchApi } from './api.js'
import { requirements } from './doctor.js'
import { Torch } from './node.js'
import { template } from './template.js'

/** Options of {@link torchrun}. */
export interface TorchrunOptions {
  /** Ranks of each node. Default: the GPUs of `@resources({ gpu })`, else its slots (`cpu`, at least 1). */
  readonly nprocPerNode?: number | undefined
  /** Port of the rendezvous on control. Default: one leased for each run, so that gangs never meet. */
  readonly masterPort?: number | undefined
  /** Milliseconds a node waits for the others to call `run` too. Default 60,000. */
  readonly allNodesStartedTimeout?: number | undefined
}

/**
 * Runs the step's body on every node with `current.torch`, which starts PyTorch programs by torchrun over all of them.
 *
 * @throws `FLOW_TORCHRUN_OPTIONS`
 *
 * @example
 * class Train extends Flow {
 *   @step start() { this.next(this.train, { numParallel: 2 }) }
 *   @pypi({ packages: { torch: '2.13.0' } })
 *   @resources({ cpu: 2 })
 *   @torchrun()
 *   @step async train() {
 *     await current.torch.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3 } })
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const torchrun = gangDecorator({
  name: 'torchrun',
  core: '^0.1.0',
  workers: 'body',
  pass: ['PYTORCH_*', 'TORCH_*'],
  doctor: requirements,
  templates: [template],
  setup(gang, options: TorchrunOptions) {
    const { nprocPerNode, masterPort, allNodesStartedTimeout } = options
    gang.hooks.plan.tap('torchrun', () => {
      for (const [name, value] of Object.entries({ nprocPerNode, masterPort, allNodesStartedTimeout })) {
        if (value === undefined || (Number.isInteger(value) && value >= 1)) continue
        throw new FlowError('FLOW_TORCHRUN_OPTIONS', {
          message: `@torchrun: ${name} is ${String(value)}`,
          fix: `Give an integer of 1 or more, or leave ${name} out.`,
        })
      }
    })
    // Of gloo and of TensorPipe.
    gang.hooks.onReady.tap('torchrun', ctx => setNetworkInterface(ctx, 'GLOO_SOCKET_IFNAME', 'TP_SOCKET_IFNAME'))
    gang.hooks.onControl.tap('torchrun', ctx => {
      ctx.provide('torch', new Torch(ctx, options, () => leasePort(masterPort, () => ctx.lease())))
    })
    gang.hooks.onWorker.tap('torchrun', ctx => ctx.provide('torch', new Torch(ctx, options, undefined)))
  },
})

async function leasePort(fixed: number | undefined, lease: () => Promise<PortLease>): Promise<PortLease> {
  if (fixed === undefined) return lease()
  return { port: fixed, release: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() }
}

declare module '@flow/core' {
  interface Current {
    /** torchrun on the nodes of this gang; in a step with `@torchrun()`. */
    readonly torch: TorchApi
  }
}
