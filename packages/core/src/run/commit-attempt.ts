import { hintOf } from '../gang/index.js'
import type { Store, Verdict } from '../store/index.js'
import type { Attempt, AttemptEnd, EventBody } from './task-context.js'

/** Makes an attempt's end visible, once; returns it as it is told, with what to do about it, and the event that tells it. */
export function commitAttempt(
  store: Store,
  { path, identity, needs }: Attempt,
  end: AttemptEnd,
  durationMs: number,
): { readonly end: AttemptEnd; readonly event: EventBody } {
  const { artifacts, transition } = end
  const { attempt } = identity
  const hint = hintOf(end.verdict)
  const verdict: Verdict = {
    ...end.verdict,
    timeline: { ...end.verdict.timeline, total: durationMs },
    ...(hint === undefined ? {} : { hint }),
  }
  const { outcome } = verdict
  try {
    store.metadata.commitAttempt({ path, attempt, outcome, verdict, artifacts, transition })
  } catch (error) {
    // The disk may be full: of a failure nothing has to be kept, and it can still be told.
    if (outcome === 'ok' || verdict.caught !== undefined) throw error
  }
  return {
    end: { ...end, verdict },
    event: { type: 'task.ended', task: path, step: needs.step, attempt, outcome, durationMs, verdict },
  }
}
