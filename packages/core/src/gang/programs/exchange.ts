import { FlowError } from '../../errors/index.js'
import type { BodyContext } from '../hooks/index.js'

/** How {@link exchange} waits, and what it says of nodes that did not come. */
export interface ExchangeOptions {
  /** Milliseconds for all nodes to make the call. Default 60,000. */
  readonly timeout?: number | undefined
  /** The call as users write it, e.g. 'current.torch.run'. */
  readonly call: string
  /** Prefix of the code, e.g. 'FLOW_TORCHRUN': `_NODES_MISSING` is appended. */
  readonly codes: string
}

const TIMEOUT_MS = 60_000

/**
 * For a call that the bodies of all nodes make: tells the others something, and waits for what they tell.
 *
 * @param name The same on every node, and no other exchange's of this gang: by a count of the calls.
 * @returns What each node told, by its index.
 * @throws the error `codes`_NODES_MISSING, which names those that did not make the call in time.
 *
 * @example
 * async function addresses(ctx: BodyContext, port: number): Promise<string[]> {
 *   const ports = await exchange(ctx, 'mine.0', port, { call: 'current.mine.run', codes: 'FLOW_MINE' })
 *   return ctx.roster.map(({ address }, index) => hostPort(address, Number(ports[index])))
 * }
 */
export async function exchange(
  ctx: Pick<BodyContext, 'fact' | 'me' | 'publish' | 'roster'>,
  name: string,
  told: unknown,
  { timeout = TIMEOUT_MS, call, codes }: ExchangeOptions,
): Promise<readonly unknown[]> {
  await ctx.publish({ [name]: told })
  const missing: string[] = []
  const all = await Promise.all(
    ctx.roster.map(async entry => {
      if (entry.index === ctx.me.index) return told
      try {
        return await ctx.fact(name, { from: entry.index, timeout })
      } catch (error) {
        if (!FlowError.is(error) || error.code !== 'FLOW_GANG_FACT_TIMEOUT') throw error
        missing.push(entry.name)
        return undefined
      }
    }),
  )
  if (missing.length === 0) return all
  throw new FlowError(`${codes}_NODES_MISSING`, {
    message: `${missing.join(', ')} did not call ${call} within ${timeout} ms`,
    why: `Every node runs the body of this step, and each has to make the call; ${ctx.me.name} waited for all.`,
    fix: 'Make it on every path of the body, in the same order; a node that needs longer: allNodesStartedTimeout.',
    details: { missing },
  })
}
