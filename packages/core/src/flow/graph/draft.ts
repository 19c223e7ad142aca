import type { NextCall } from './next-call.js'
import type { Span } from './problem.js'

/** A step while its graph is checked. */
export interface DraftStep {
  readonly name: string
  /** Its name in the source. */
  readonly key: Span
  readonly isJoin: boolean
  /** undefined: it has none, or none that can be read. */
  readonly next: NextCall | undefined
  /** It has a call of next, readable or not. */
  readonly hasNext: boolean
}

export type Draft = ReadonlyMap<string, DraftStep>

/** Names of the steps before each step. */
export function incoming(draft: Draft): ReadonlyMap<string, readonly string[]> {
  const before = new Map<string, string[]>([...draft.keys()].map(name => [name, []]))
  for (const step of draft.values()) {
    for (const target of step.next?.targets ?? []) before.get(target.name)?.push(step.name)
  }
  return before
}

/** True when `next` opens a split. */
export function isSplit(step: DraftStep): boolean {
  const { next } = step
  return next !== undefined && (next.targets.length > 1 || next.foreach !== undefined || next.numParallel !== undefined)
}
