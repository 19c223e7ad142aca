import type { SerializedError } from '../errors/index.js'

/** How an attempt ended, as a {@link Verdict} says it. */
export type Outcome = 'ok' | 'user-error' | 'system-error' | 'preempted' | 'timeout' | 'lost' | 'cancelled'

/** One end that belongs to the story of a failure, in a {@link Verdict}. */
export interface EndRecord {
  readonly node: number
  readonly rank?: number | undefined
  readonly exitCode?: number | null | undefined
  readonly signal?: string | null | undefined
  /** What ended, e.g. 'rank', 'body', 'agent', 'launcher', 'connection'. */
  readonly what: string
  /** The end of its stderr, or the error's own text. */
  readonly excerpt: string
  /** Milliseconds since the epoch, by the orchestrator's or control's clock. */
  readonly at: number
}

/**
 * The one record of how an attempt of a task ended, and why.
 *
 * @example
 * function explain({ outcome, message, first }: Verdict): string {
 *   const where = first === undefined ? '' : ` (node ${first.node}, ${first.what})`
 *   return outcome === 'ok' ? 'all went well' : `${outcome}${where}: ${message}`
 * }
 */
export interface Verdict {
  readonly outcome: Outcome
  /** One sentence: node, rank and cause. */
  readonly message: string
  readonly first?: EndRecord | undefined
  /** Ends brought about by the first, or by our stop. */
  readonly victims: readonly EndRecord[]
  /** Milliseconds from the attempt's start, by name: 'barrier', 'ready', 'body', ...; 'total' is the whole attempt. */
  readonly timeline: Readonly<Record<string, number>>
  readonly error?: SerializedError | undefined
  /** What to do about it, in one line, where that is known and `error` does not say so. */
  readonly hint?: string | undefined
  /** Set when `@catchFailure` let the flow go on: the field that holds the failure. */
  readonly caught?: string | undefined
}
