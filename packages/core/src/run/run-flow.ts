import { availableParallelism, userInfo } from 'node:os'
import type { Backend } from '../backends/index.js'
import { resolveParameters } from '../flow/index.js'
import { sweepAbandoned } from '../process/index.js'
import { Store } from '../store/index.js'
import { asFlowError } from './errors.js'
import type { EarlyStart } from './early-start.js'
import { Orchestrator } from './orchestrator.js'
import { loadFlowFile } from './load-flow.js'
import { gangPlan, stepNeeds } from './step-plan.js'
import type { RunEvent } from './events.js'
import type { FlowPlan, RunOptions, RunResult, StepPlan } from './types.js'

export const DEFAULT_MAX_NODES = 64
const DEFAULT_MAX_SPLITS = 100

/**
 * Runs a flow to its end. A flow that fails is a result, not a rejection.
 *
 * @param early What was begun already. It stays its caller's.
 *
 * @throws FlowError for what is wrong before any task runs: the file, the graph, a parameter, the store.
 */
export async function runFlow(options: RunOptions, early: EarlyStart): Promise<RunResult> {
  const emit = (event: Omit<RunEvent, 'at'>): void => options.onEvent({ at: Date.now(), ...event } as RunEvent)
  const flow = await loadFlowFile(options.flowFile, options.home, {
    signal: options.signal,
    withDecorators: options.withDecorators,
    onProgress: text => emit({ type: 'progress', what: 'package', text, done: false } as RunEvent),
    found: early.code,
    // The first body warms up while the flow is loaded here.
    onPackage: code => early.bodiesOf(code),
  }).catch((error: unknown) => {
    if (options.signal?.aborted !== true) throw error
  })
  if (flow === undefined) return { runId: undefined, outcome: 'cancelled', exitCode: 130 }
  const parameters = await resolveParameters(flow.description.parameters, options.parameters, { text: true })
  const started = Date.now()
  using store = Store.open(options.home)
  const { flowName } = flow.graph
  const tags = options.tags ?? []
  const runId = store.metadata.createRun({
    flow: flowName,
    parameters,
    tags,
    user: userName(),
    packageHash: flow.package.hash,
    startedAt: started,
  })
  const path = `${flowName}/${runId}`
  const tell = (event: Omit<RunEvent, 'at'>): void => {
    const full = { at: Date.now(), ...event } as RunEvent
    // Log lines are in the log files already.
    if (full.type !== 'log') store.metadata.appendEvent(runId, full)
    options.onEvent(full)
  }
  tell({ type: 'run.started', run: path, flow: flowName, parameters, tags } as RunEvent)
  await using orchestrator = new Orchestrator({
    flow,
    store,
    runId,
    parameters,
    bodies: early.bodiesOf(flow.package),
    emit: tell,
    signal: options.signal ?? new AbortController().signal,
    maxWorkers: options.maxWorkers ?? availableParallelism(),
    maxNumSplits: options.maxNumSplits ?? DEFAULT_MAX_SPLITS,
    maxNodes: maxNodesOf(options, flow.backend),
  })
  // What killed runs left costs nothing here: it is looked for while the first task runs.
  const swept = Promise.all([sweepAbandoned(), store.blobs.sweep()]).catch((error: unknown) =>
    tell({
      type: 'warning',
      message: `what an earlier run left could not be removed: ${asFlowError(error).message}`,
    } as RunEvent),
  )
  const end = await orchestrator.run()
  await swept
  try {
    store.metadata.finishRun(runId, end.outcome)
  } catch (error) {
    // As with an attempt: that a run failed can be told where it cannot be kept.
    if (end.outcome === 'ok') throw error
  }
  const exitCode = end.outcome === 'ok' ? 0 : end.outcome === 'cancelled' ? 130 : 1
  tell({ type: 'run.ended', run: path, outcome: end.outcome, exitCode, durationMs: Date.now() - started } as RunEvent)
  return { runId, outcome: end.outcome, exitCode, failed: end.failed, error: end.error }
}

/** What a run would do, without doing it. @throws as {@link runFlow} */
export async function planFlow(options: RunOptions): Promise<FlowPlan> {
  const {
    graph,
    description,
    package: code,
    backend,
  } = await loadFlowFile(options.flowFile, options.home, { withDecorators: options.withDecorators })
  const parameters = await resolveParameters(description.parameters, options.parameters, { text: true })
  const maxNodes = maxNodesOf(options, backend)
  const steps = await Promise.all(
    [...graph.steps.values()].map(async (step): Promise<StepPlan> => {
      const needs = stepNeeds(step.name, description.steps.get(step.name)?.decorations ?? [])
      const before = [...graph.steps.values()].find(one => one.next.includes(step.name))
      return {
        step: step.name,
        kind: step.kind,
        next: step.next,
        resources: needs.resources,
        environment: Object.keys(needs.env),
        ...(needs.pypi === undefined ? {} : { pypi: needs.pypi.packages }),
        ...(step.isParallel ? { gang: await gangPlan(needs, before?.numParallel?.value ?? 0, maxNodes, backend) } : {}),
        ...(needs.singleNode ? { gang: await gangPlan(needs, 1, maxNodes, backend) } : {}),
      }
    }),
  )
  return {
    flow: graph.flowName,
    parameters,
    maxWorkers: options.maxWorkers ?? availableParallelism(),
    package: { hash: code.hash, files: code.files.length },
    steps,
  }
}

/** Nodes of this machine share its memory; those of a backend are its own matter. */
function maxNodesOf({ maxNodes }: RunOptions, { isLocal }: Backend): number {
  return maxNodes ?? (isLocal ? DEFAULT_MAX_NODES : Infinity)
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // No entry in the passwd file, as in many containers.
    return String(process.getuid?.() ?? 'unknown')
  }
}
