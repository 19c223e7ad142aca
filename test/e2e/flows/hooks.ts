import { type ControlContext, current, Flow, FlowError, gangDecorator, type Inputs, parameter, step } from '@flow/core'

/** What a launcher does, with one rank, on control. */
class Lone {
  readonly flavour = 'plain'
  readonly #ctx: ControlContext

  constructor(ctx: ControlContext) {
    this.#ctx = ctx
  }

  async run(script: string): Promise<string> {
    const result = await this.#ctx.launch({
      command: tools => [...tools.rank, 'sh', '-c', script],
      env: this.#ctx.env,
    })
    const [rank] = result.ranks
    if (rank === undefined || rank.exitCode !== 0) {
      throw new FlowError('FLOW_LONE_FAILED', {
        message: 'the lone rank failed',
        details: { ...result, firstFailedRank: rank },
      })
    }
    return result.stdout
  }
}

declare module '@flow/core' {
  interface Current {
    readonly lone: Lone
  }
}

const lone = gangDecorator({
  name: 'lone',
  core: '^0.1.0',
  workers: 'serve',
  setup({ hooks }) {
    hooks.plan.tap('lone', ({ plan }) => ({ ...plan, slots: 3 }))
    hooks.beforeCluster.tap('lone', ({ plan }) => {
      process.stderr.write(`beforeCluster ${plan.size} nodes\n`)
    })
    hooks.onNode.tap('lone', async ctx => {
      ctx.log(`onNode ${ctx.me.index}`)
      await ctx.publish({ greeting: `from ${ctx.me.index}` })
      ctx.own({ [Symbol.dispose]: () => ctx.log(`disposed ${ctx.me.index}`) })
    })
    hooks.onReady.tap('lone', ctx =>
      ctx.log(`onReady ${ctx.me.index} ${ctx.roster.map(entry => String(entry.facts['greeting'])).join(', ')}`),
    )
    hooks.onControl.tap('lone', ctx => {
      ctx.log('onControl')
      ctx.provide('lone', new Lone(ctx))
    })
    hooks.onWorker.tap('lone', ctx => ctx.log(`onWorker ${ctx.me.index}`))
    hooks.onRankExit.tap('lone', ({ exitCode }) => `exit ${exitCode} means: no licence`)
    hooks.onStop.tap('lone', ({ me, reason }) => {
      process.stderr.write(`onStop ${me.index} ${reason}\n`)
    })
    hooks.onFailure.tap('lone', ({ verdict }) => ({ ...verdict, outcome: 'system-error' }))
    hooks.afterCluster.tap('lone', ({ verdict }) => {
      process.stderr.write(`afterCluster ${verdict.outcome}\n`)
    })
  },
})

export default class Hooks extends Flow {
  readonly script = parameter({ default: 'echo ran' })

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @lone()
  @step
  async work() {
    console.log(`slots ${current.gang.me.slots} ${current.lone.flavour}`)
    console.log(`result ${(await current.lone.run(this.script)).trim()}`)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.next(this.end)
  }

  @step end() {}
}
