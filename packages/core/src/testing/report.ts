import type { GangEnd } from './gang-run.js'

/** What one fault did to a gang, by {@link conformance}. Times are milliseconds from the moment of the fault. */
export interface FaultReport {
  readonly extension: string
  readonly fault: string
  /** How the run ended; undefined when `flow run` was killed. */
  readonly outcome: string | undefined
  readonly exitCode: number | null
  /** To the SIGTERM of the first rank that heard it; of a process that was stopped, to the warning that tells of it. */
  readonly noticedMs: number | undefined
  /** To the SIGTERM of the last one. */
  readonly stoppedMs: number | undefined
  /** Until nothing of the gang was left. */
  readonly endedMs: number | undefined
  /** What was left, in words. */
  readonly leftovers: readonly string[]
  /** What does not hold of the contract (docs/faults.md), `leftovers` not among it. */
  readonly problems: readonly string[]
  /** All that `flow run` printed. */
  readonly output: string
}

export function report(
  extension: string,
  fault: string,
  { at, noticedMs }: { readonly at: number | undefined; readonly noticedMs?: number | undefined },
  gang: GangEnd,
  problems: readonly string[],
): FaultReport {
  const since = (times: readonly number[], pick: (...of: number[]) => number): number | undefined =>
    at === undefined || times.length === 0 ? undefined : Math.round(pick(...times) - at)
  const sigterms = [...gang.sigterms.values()]
  return {
    extension,
    fault,
    outcome: outcomeOf(gang),
    exitCode: gang.end.exitCode,
    noticedMs: noticedMs ?? since(sigterms, Math.min),
    stoppedMs: since(sigterms, Math.max),
    endedMs: since([gang.endedAt], Math.min),
    leftovers: gang.leftovers,
    problems,
    output: gang.end.output,
  }
}

/** As the run's last event tells it. */
export function outcomeOf({ end }: GangEnd): string | undefined {
  return end.events.findLast(event => event.type === 'run.ended')?.outcome
}
