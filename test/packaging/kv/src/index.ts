import { type BodyContext, FlowError, gangDecorator } from '@flow/core'
import * as z from 'zod'
import { KvStore } from './kv-store.js'
import { serverFile, startServer } from './start-server.js'
import { template } from './template.js'

/** Options of {@link kv}. */
export interface KvOptions {
  /** Milliseconds until the service must answer. Default 10,000. */
  readonly startTimeout?: number | undefined
}

/** `current.kv`: values that all nodes of the gang share while the step runs. */
export type KvApi = Pick<KvStore, 'get' | 'set' | 'add' | 'url' | 'pid'>

const address = z.object({ url: z.string(), token: z.string(), pid: z.number() })

/**
 * Runs the step's body on every node with `current.kv`, a key-value service on control.
 *
 * @throws `FLOW_KV_OPTIONS`
 */
export const kv = gangDecorator({
  name: 'kv',
  core: '^0.1.0',
  workers: 'body',
  facts: z.object({ kv: address }),
  files: [serverFile],
  templates: [template],
  setup(gang, options: KvOptions) {
    const { startTimeout = 10_000 } = options
    gang.hooks.plan.tap('kv', () => {
      if (Number.isInteger(startTimeout) && startTimeout >= 1) return
      throw new FlowError('FLOW_KV_OPTIONS', {
        message: `@kv: startTimeout is ${String(startTimeout)}`,
        fix: 'Give milliseconds: an integer of 1 or more.',
      })
    })

    let store: KvStore | undefined
    gang.hooks.onReady.tap('kv', async ctx => {
      // Control publishes where the service is once it answers; the others wait for that.
      if (ctx.isControl) await ctx.publish({ kv: await startServer(ctx, startTimeout) })
      store = new KvStore(address.parse(await ctx.fact('kv', { from: 0, timeout: startTimeout + 5_000 })))
    })

    const provide = (ctx: BodyContext): void => {
      if (store !== undefined) ctx.provide('kv', store)
    }
    gang.hooks.onControl.tap('kv', provide)
    gang.hooks.onWorker.tap('kv', provide)
  },
})

declare module '@flow/core' {
  interface Current {
    /** A key-value service for the nodes of this gang; in a step with `@kv()`. */
    readonly kv: KvApi
  }
}
