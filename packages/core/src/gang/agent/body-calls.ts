import { callRemote, GANG_TARGET, type RemoteShape } from '../../body/index.js'
import { FlowError } from '../../errors/index.js'
import type { ProgramOptions } from '../../flow/index.js'
import type { Bulk } from './bulk.js'
import type { HookContext } from './hook-context.js'

/** What a node has for its body. */
export interface BodyOffers {
  readonly context: HookContext
  readonly bulk: Bulk
  readonly signal: AbortSignal
  /** Of the objects that extensions provide, by name. */
  readonly shapes: ReadonlyMap<string, RemoteShape>
}

/** Answers a body: a call of an extension's object, or of what every gang has. */
export function answerBody(offers: BodyOffers, target: string, method: string, args: readonly unknown[]): unknown {
  if (target === GANG_TARGET) return callGang(offers, method, args)
  const value = offers.context.provided.get(target)
  const shape = offers.shapes.get(target)
  if (value === undefined || shape === undefined)
    throw new FlowError('FLOW_INTERNAL', { message: `nothing provides current.${target}` })
  return callRemote(target, value, shape, method, args)
}

function callGang({ context, bulk, signal }: BodyOffers, method: string, args: readonly unknown[]): unknown {
  const [first, second, third] = args
  // The body's side is ours too (body/gang-client.ts): the arguments have the shapes of GangApi.
  switch (method) {
    case 'exec':
      return context.execOn(first as number, second as readonly string[], third as ProgramOptions)
    case 'stream':
      return bulk.ticket(first as number, second as { name?: string; timeout?: number }, signal)
    case 'broadcast':
      return context.broadcast(first as string)
    case 'barrier':
      return context.barrier(first as string, second as { timeout?: number })
    case 'publish':
      return context.publish(first as Record<string, unknown>)
    case 'fact':
      return context.fact(first as string, second as { from: number; timeout?: number })
    case 'lease':
      return context.lease().then(async lease => {
        await lease.release()
        return lease.port
      })
    default:
      throw new FlowError('FLOW_INTERNAL', { message: `current.gang has no '${method}'` })
  }
}
