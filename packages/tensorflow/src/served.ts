import { type BodyContext, FlowError, type KnownRank, type ProgramResult } from '@flow/core'

/** TensorFlow's servers never end of their own accord: the program has ended when those that they serve have. */
export interface ServedProgram {
  readonly ctx: BodyContext
  /** Name of a fact that no other run of this gang uses. */
  readonly fact: string
  /** Starts this node's part of the ranks that serve, and of those that decide when it is over. */
  readonly servers: (signal: AbortSignal) => Promise<ProgramResult>
  readonly deciders: (signal: AbortSignal) => Promise<ProgramResult>
  readonly failureOf: (result: ProgramResult) => FlowError | undefined
}

/**
 * Runs a program to the end of its deciding ranks on all nodes, and ends its servers then. A rank of either kind that
 * fails ends all. Every node of the gang makes this call.
 *
 * @returns The result of this node's deciding ranks; `ranks` has the servers too, as they were ended.
 * @throws the error of what failed first, the same on every node.
 */
export async function runServed({ ctx, fact, servers, deciders, failureOf }: ServedProgram): Promise<ProgramResult> {
  const over = new AbortController()
  const failed = new AbortController()
  const serving = servers(over.signal)
  const deciding = deciders(failed.signal)
  // A node tells once: when its deciding ranks have ended, or a server of it did too early.
  const own = Promise.race([deciding.then(failureOf), serving.then(result => failureOf(result) ?? never())]).then(
    async failure => {
      await ctx.publish({ [fact]: failure === undefined ? {} : { failure: toldOf(failure) } })
      return failure
    },
  )
  const ends = ctx.roster.map(async ({ index }) => {
    if (index === ctx.me.index) return own
    const told = (await ctx.fact(fact, { from: index, timeout: LONGEST_MS })) as { readonly failure?: Told }
    return told.failure === undefined ? undefined : new FlowError(told.failure.code, told.failure)
  })
  const failure = await Promise.race([
    Promise.all(ends).then(() => undefined),
    ...ends.map(end => end.then(one => one ?? never())),
  ])
  if (failure !== undefined) failed.abort()
  over.abort()
  const [served, decided] = await Promise.all([serving, deciding])
  if (failure !== undefined) throw failure
  return { ...decided, ranks: [...decided.ranks, ...served.ranks].toSorted((a, b) => a.rank - b.rank) }
}

const never = (): Promise<never> => new Promise(() => undefined)

/** Training may take days; a node that is gone ends the wait. The longest that a timer can be set to. */
const LONGEST_MS = 2 ** 31 - 1

/** An error as other nodes get it. */
interface Told {
  readonly code: string
  readonly message: string
  readonly why?: string
  readonly fix?: string
  readonly details: Readonly<Record<string, unknown>>
}

function toldOf({ code, message, why, fix, details }: FlowError): Told {
  const first = details?.['firstFailedRank'] as KnownRank | undefined
  const ranks = ((details?.['ranks'] ?? []) as readonly KnownRank[]).filter(({ rank }) => rank === first?.rank)
  return {
    code,
    message,
    ...(why === undefined ? {} : { why }),
    ...(fix === undefined ? {} : { fix }),
    details: { ...(first === undefined ? {} : { firstFailedRank: first }), ranks },
  }
}
