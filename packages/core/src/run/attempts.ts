import { setTimeout as delay } from 'node:timers/promises'
import { bodyOutcome } from '../body/index.js'
import { serializeError } from '../errors/index.js'
import type { RetryOptions } from '../flow/index.js'
import { asFlowError } from './errors.js'
import type { AttemptEnd } from './task-context.js'

/** Which attempts a step gets, and for how long each. */
export interface AttemptRules {
  readonly retry?: RetryOptions | undefined
  readonly timeoutMs?: number | undefined
}

/** Whether an attempt that ended so is followed by another. */
export function isRetried({ retry }: AttemptRules, attempt: number, { verdict }: AttemptEnd): boolean {
  if (retry === undefined || verdict.outcome === 'ok' || verdict.outcome === 'cancelled') return false
  if (attempt >= (retry.times ?? 3)) return false
  return retry.on === undefined || retry.on.includes(verdict.outcome)
}

/** The end of an attempt that could not be run: its plan or a hook was refused, nodes or directories could not be had. */
export function failedToRun(thrown: unknown): AttemptEnd {
  const error = serializeError(asFlowError(thrown))
  const isOurs = error.code === 'FLOW_INTERNAL' || error.code === 'FLOW_HOOK_FAILED'
  const outcome = isOurs ? 'system-error' : bodyOutcome(error)
  return {
    verdict: { outcome, message: error.message, victims: [], timeline: {}, error },
    artifacts: [],
    served: false,
  }
}

/** Waits before a further attempt; ends early when everything stops. */
export async function waitForRetry(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return
  // Rejects only when it is aborted.
  await delay(ms, undefined, { signal }).catch(() => undefined)
}

/** Runs an attempt with a signal that also its timeout aborts; says so in its verdict when that ended it. */
export async function withinTimeout(
  ms: number | undefined,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<AttemptEnd>,
): Promise<AttemptEnd> {
  if (ms === undefined) return run(stop)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), ms)
  try {
    const end = await run(AbortSignal.any([stop, limit.signal]))
    if (!limit.signal.aborted || stop.aborted || end.verdict.outcome !== 'cancelled') return end
    return {
      ...end,
      verdict: { ...end.verdict, outcome: 'timeout', message: `it ran longer than its timeout of ${ms / 1000} s` },
    }
  } finally {
    clearTimeout(timer)
  }
}
