import { type BodyContext, FlowError, type KnownRank, type ProgramResult } from '@flow/core'

/** TensorFlow's servers never end of their own accord: the program has ended when those that they serve have. */
export interface ServedProgram {
  readonly ctx: BodyContext
  /** Begins the names of facts that no other run of this gang uses. */
  readonly name: string
  /** The nodes that have deciding ranks, by index. */
  readonly decidingNodes: readonly number[]
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
export async function runServed(program: ServedProgram): Promise<ProgramResult> {
  const { ctx, name, decidingNodes, failureOf } = program
  const { index: me } = ctx.me
  const ended = `${name}.ended`
  const failed = `${name}.failed`
  const stop = { servers: new AbortController(), deciders: new AbortController() }
  try {
    const serving = program.servers(stop.servers.signal)
    const deciding = program.deciders(stop.deciders.signal)
    const served = serving.then(failureOf, notRun)
    const decided = deciding.then(failureOf, notRun)
    // Training may take days; a node that is gone ends the wait.
    const told = (fact: string, from: number): Promise<unknown> => ctx.fact(fact, { from, timeout: Infinity })
    if (decidingNodes.includes(me)) {
      // While the gang stops nothing can be told, and nobody waits for it.
      void decided.then(failure => ctx.publish({ [ended]: failure === undefined })).catch(() => undefined)
    }
    // All have ended well when each node with deciding ranks says so; what fails before may be a server of any node.
    const ends = decidingNodes.map(async node =>
      node === me ? (await decided) === undefined : (await told(ended, node)) === true,
    )
    const failures = ctx.roster.map(async ({ index }) => {
      if (index === me) return Promise.race([orNever(served), orNever(decided)])
      const failure = (await told(failed, index)) as Told | null
      return failure === null ? never() : new FlowError(failure.code, failure)
    })
    const failure = await Promise.race([
      Promise.all(ends).then(all => (all.every(Boolean) ? undefined : never())),
      ...failures,
    ])
    if (failure !== undefined) stop.deciders.abort()
    stop.servers.abort()
    // Every node tells, so that nobody goes on waiting for it: what failed, or that nothing has.
    await ctx.publish({ [failed]: failure === undefined ? null : toldOf(failure) })
    // Not their results: these may not be there.
    await Promise.all([served, decided])
    if (failure !== undefined) throw failure
    const [servers, result] = await Promise.all([serving, deciding])
    return { ...result, ranks: [...result.ranks, ...servers.ranks].toSorted((a, b) => a.rank - b.rank) }
  } finally {
    stop.deciders.abort()
    stop.servers.abort()
  }
}

const never = (): Promise<never> => new Promise(() => undefined)

async function orNever(failure: Promise<FlowError | undefined>): Promise<FlowError> {
  return (await failure) ?? never()
}

/** Ranks that could not be started, or whose result cannot be read. */
function notRun(error: unknown): FlowError {
  if (FlowError.is(error)) return error
  const message = `The ranks of this node could not be run: ${error instanceof Error ? error.message : String(error)}`
  return new FlowError('FLOW_TENSORFLOW_LAUNCH_FAILED', { message, cause: error })
}

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
