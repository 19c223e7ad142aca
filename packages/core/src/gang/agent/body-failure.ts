import type { BodyEnd } from '../../body/index.js'
import { type SerializedError, stackWithCauses } from '../../errors/index.js'
import type { LauncherEnd, RankResult } from '../../flow/index.js'
import { lastLines, type Tail } from '../../process/index.js'
import type { EndRecord } from '../../store/index.js'

/** A body that did not end well, as the end it is in the verdict. */
export class BodyFailure extends Error {
  readonly end: Omit<EndRecord, 'at'>
  readonly serialized: SerializedError | undefined

  constructor(
    node: number,
    end: Exclude<BodyEnd, { type: 'done' }>,
    stderr: Tail,
    readonly seenAt: number,
  ) {
    super('the body failed')
    if (end.type === 'exited') {
      this.end = { node, what: 'body', ...end.status, excerpt: lastLines(stderr.toString()) }
      return
    }
    this.serialized = end.error
    const { details } = end.error
    // A program's launcher or first bad rank is the cause; that the body threw follows from it.
    this.end = launcherOf(details) ?? rankOf(details) ?? { node, what: 'body', excerpt: stackWithCauses(end.error) }
  }
}

function launcherOf(details: Readonly<Record<string, unknown>> | undefined): Omit<EndRecord, 'at'> | undefined {
  const end = details?.['launcherEnd'] as Partial<LauncherEnd> | undefined
  const stderr = details?.['stderr']
  if (typeof end?.node !== 'number' || typeof end.what !== 'string') return undefined
  return {
    node: end.node,
    what: end.what,
    exitCode: end.exitCode ?? null,
    signal: end.signal ?? null,
    excerpt: typeof stderr === 'string' ? lastLines(stderr) : '',
  }
}

/** The first bad rank of a program, where an error carries its result: extensions put `firstFailedRank` beside it. */
function rankOf(details: Readonly<Record<string, unknown>> | undefined): Omit<EndRecord, 'at'> | undefined {
  const first = details?.['firstFailedRank'] as Partial<RankResult> | undefined
  if (typeof first?.node !== 'number' || typeof first.rank !== 'number') return undefined
  const { node, rank, exitCode = null, signal = null } = first
  const ranks = (details?.['ranks'] ?? []) as readonly { readonly rank: number; readonly stderr?: string }[]
  return {
    node,
    rank,
    what: 'rank',
    exitCode,
    signal,
    excerpt: lastLines(ranks.find(one => one.rank === rank)?.stderr ?? ''),
  }
}
