import type { Graph, TaskFailure } from '../flow/index.js'
import { type Artifacts, type BlobStore, storeArtifact } from '../store/index.js'
import type { ReadyTask } from './scheduler.js'
import type { Attempt, AttemptEnd } from './task-context.js'

/**
 * A task as its attempts find it: what an earlier step with the same field caught is not this step's failure. A join's
 * inputs stay as they are.
 */
export function withoutFailure(ready: ReadyTask, field: string | undefined): ReadyTask {
  if (field === undefined || ready.isJoin) return ready
  return {
    ...ready,
    inputs: ready.inputs.map(input => {
      const { [field]: _, ...artifacts } = input.artifacts
      return { ...input, artifacts }
    }),
  }
}

/** Whether the flow goes on after this last attempt of a task. */
export function isCaught({ needs }: Attempt, { verdict }: AttemptEnd): boolean {
  return needs.failureField !== undefined && verdict.outcome !== 'ok' && verdict.outcome !== 'cancelled'
}

/** The end of a task that failed, as the flow goes on with it: what it found, the failure, and the graph's next steps. */
export async function caughtEnd(
  attempt: Attempt,
  end: AttemptEnd,
  graph: Graph,
  blobs: BlobStore,
): Promise<AttemptEnd> {
  const { needs, ready } = attempt
  const field = needs.failureField ?? ''
  const failure = await storeArtifact(blobs, field, failureOf(attempt, end))
  const [input] = ready.isJoin ? [] : ready.inputs
  const artifacts: Artifacts = { ...input?.artifacts, [field]: { ...failure, type: 'failure' } }
  const targets = graph.steps.get(needs.step)?.next ?? []
  return {
    verdict: { ...end.verdict, caught: field },
    transition: targets.length === 0 ? undefined : { targets },
    artifacts: Array.from({ length: ready.numParallel ?? 1 }, () => artifacts),
    served: end.served,
  }
}

function failureOf({ path, identity }: Attempt, { verdict }: AttemptEnd): TaskFailure {
  const { first, error, message } = verdict
  return {
    task: path,
    attempts: identity.attempt + 1,
    outcome: verdict.outcome as TaskFailure['outcome'], // no other is caught
    message,
    ...(error?.code === undefined ? {} : { code: error.code }),
    ...(first === undefined ? {} : { node: first.node }),
    ...(first?.rank === undefined ? {} : { rank: first.rank }),
    ...(first?.exitCode == null ? {} : { exitCode: first.exitCode }),
    ...(first?.signal == null ? {} : { signal: first.signal }),
    excerpt: first?.excerpt ?? '',
  }
}
