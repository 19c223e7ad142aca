import type { FlowError } from '../errors/index.js'
import type { Store, Verdict } from '../store/index.js'
import { failedToRun, isRetried, waitForRetry, withinTimeout } from './attempts.js'
import { caughtEnd, isCaught, withoutFailure } from './caught.js'
import { commitAttempt } from './commit-attempt.js'
import { asFlowError } from './errors.js'
import type { Outcome, RunEvent } from './events.js'
import { runGangTask } from './gang-task.js'
import { type FinishedTask, type ReadyTask, Scheduler } from './scheduler.js'
import { runSingleTask } from './single-task.js'
import { StepEnvironments } from './step-environment.js'
import { type StepNeeds, stepNeeds } from './step-plan.js'
import type { Attempt, AttemptEnd, EventBody, RunContext } from './task-context.js'
import type { LoadedFlow } from './types.js'
import type { WarmBodies } from './warm-bodies.js'

export interface OrchestratorOptions {
  readonly flow: LoadedFlow
  readonly store: Store
  readonly runId: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly maxWorkers: number
  readonly maxNumSplits: number
  readonly maxNodes: number
  readonly signal: AbortSignal
  /** Owned by the caller. */
  readonly bodies: WarmBodies
  emit(event: Omit<RunEvent, 'at'>): void
}

/** How all tasks of a run ended. */
export interface TasksEnd {
  readonly outcome: Outcome
  readonly failed?: { readonly task: string; readonly verdict: Verdict } | undefined
  readonly error?: FlowError | undefined
}

/** More bodies than this are not kept warm: each is a process of 40 MB. */
const WARM_AHEAD = 2

/** Runs the tasks of one run: as many at a time as allowed, until nothing is left or something failed. */
export class Orchestrator implements AsyncDisposable {
  readonly #options: OrchestratorOptions
  readonly #scheduler: Scheduler
  readonly #bodies: WarmBodies
  readonly #environments: StepEnvironments
  readonly #needs: ReadonlyMap<string, StepNeeds>
  readonly #stop = new AbortController()
  readonly #run: Omit<RunContext, 'own' | 'signal' | 'gangStarted'>
  readonly #ready: ReadyTask[] = []
  /** Steps of running tasks; of a gang when it has started, so that bodies warming up do not slow its start. */
  readonly #steps = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  readonly #cleanups = new Set<Promise<void>>()
  #end: TasksEnd | undefined

  constructor(options: OrchestratorOptions) {
    const { flow, store } = options
    this.#options = options
    this.#scheduler = new Scheduler(flow.graph, options.maxNumSplits)
    this.#bodies = options.bodies
    const steps = [...flow.graph.steps.keys()]
    this.#needs = new Map(
      steps.map(step => [step, stepNeeds(step, flow.description.steps.get(step)?.decorations ?? [])]),
    )
    this.#environments = new StepEnvironments(this.#stop.signal, (text, done) =>
      options.emit({ type: 'progress', what: 'python', text, done } as EventBody),
    )
    this.#run = {
      store,
      code: flow.package,
      exportName: flow.graph.exportName,
      parameters: options.parameters,
      maxNodes: options.maxNodes,
      backend: flow.backend,
      emit: event => options.emit(event),
    }
  }

  async run(): Promise<TasksEnd> {
    const cancel = (): void => this.#finish({ outcome: 'cancelled' })
    const { signal } = this.#options
    if (signal.aborted) cancel()
    else signal.addEventListener('abort', cancel, { once: true })
    try {
      // Environments take long: all are begun at once, and a broken one is known before the first step has run.
      for (const needs of this.#needs.values()) {
        if (needs.pypi !== undefined) this.#environments.of(needs).catch((error: unknown) => this.#fail(error))
      }
      this.#ready.push(this.#scheduler.start())
      this.#fill()
      while (this.#running.size > 0) await Promise.race(this.#running)
      return this.#end ?? { outcome: 'ok' }
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  /** Starts what can start. */
  #fill(): void {
    while (this.#end === undefined && this.#running.size < this.#options.maxWorkers) {
      const ready = this.#ready.shift()
      if (ready === undefined) break
      const task = this.#runTask(ready)
        .catch((error: unknown) => this.#fail(error))
        .finally(() => {
          this.#running.delete(task)
          this.#fill()
        })
      this.#running.add(task)
    }
    this.#warmUp()
  }

  #warmUp(): void {
    if (this.#end === undefined) this.#bodies.prepare(this.#bodiesSoon())
  }

  /** Nodes of a task; undefined for one that is only a body. */
  #nodesOf({ step, numParallel }: ReadyTask): number | undefined {
    return numParallel ?? (this.#needs.get(step)?.singleNode === true ? 1 : undefined)
  }

  /** How many bodies will be wanted next: those of waiting tasks, and of ordinary steps that follow the running ones. */
  #bodiesSoon(): number {
    const waiting = this.#ready.filter(ready => this.#nodesOf(ready) === undefined).length
    const following = Math.max(0, ...[...this.#steps].map(step => this.#chain(step)))
    return Math.min(this.#options.maxWorkers, WARM_AHEAD, Math.max(waiting, following))
  }

  /** How many ordinary steps follow a step before the next gang, at least. */
  #chain(step: string): number {
    const { steps } = this.#options.flow.graph
    let length = 0
    for (
      let name = steps.get(step)?.next[0];
      name !== undefined && length < WARM_AHEAD;
      name = steps.get(name)?.next[0]
    ) {
      if (steps.get(name)?.isParallel === true || this.#needs.get(name)?.singleNode === true) break
      length++
    }
    return length
  }

  async #runTask(ready: ReadyTask): Promise<void> {
    const { step } = ready
    if (this.#nodesOf(ready) === undefined) this.#steps.add(step)
    try {
      await this.#attempt(ready)
    } finally {
      this.#steps.delete(step)
    }
  }

  async #attempt(task: ReadyTask): Promise<void> {
    const { store, runId, flow } = this.#options
    const { step } = task
    const needs = this.#needs.get(step)
    if (needs === undefined) throw asFlowError(`the graph has no step '${step}'`)
    const ready = withoutFailure(task, needs.failureField)
    const { flowName } = flow.graph
    const taskId = store.metadata.createTask(runId, step, {
      foreachStack: Scheduler.frames(ready),
      parents: ready.inputs.map(input => input.path),
    })
    const path = `${flowName}/${runId}/${step}/${taskId}`
    const env = await this.#environments.of(needs)
    if (this.#end !== undefined) return
    const cleanups = new Set<Promise<void>>()
    for (let number = 0; this.#end === undefined; number++) {
      const identity = { flowName, runId, stepName: step, taskId, attempt: number }
      const attempt: Attempt = { ready, needs, identity, path, env }
      const started = performance.now()
      const end = await this.#try(attempt, cleanups)
      // A run that has ended meanwhile tries nothing again, goes on with nothing, and must not say that it will.
      const isOver = this.#end !== undefined
      const isAgain = !isOver && isRetried(needs, number, end)
      const last =
        isAgain || isOver || !isCaught(attempt, end) ? end : await caughtEnd(attempt, end, flow.graph, store.blobs)
      const told = commitAttempt(store, attempt, last, performance.now() - started)
      this.#options.emit(told.event)
      if (!isAgain) return this.#goOn(attempt, told.end)
      const ms = needs.retry?.delay ?? 0
      this.#options.emit({ type: 'task.retrying', task: path, step, attempt: number + 1, delayMs: ms } as EventBody)
      // Nothing of the old attempt may meet the new one.
      await Promise.all([waitForRetry(ms, this.#stop.signal), ...cleanups])
    }
  }

  /** One attempt, from its start to its end; what is left to clean up after it is added to `cleanups`. */
  async #try(attempt: Attempt, cleanups: Set<Promise<void>>): Promise<AttemptEnd> {
    const { ready, needs, identity, path } = attempt
    const nodes = this.#nodesOf(ready)
    this.#options.store.metadata.startAttempt(path, identity.attempt, { nodes: nodes ?? 1 })
    this.#options.emit({
      type: 'task.started',
      task: path,
      step: needs.step,
      attempt: identity.attempt,
      ...(ready.numParallel === undefined ? {} : { nodes: ready.numParallel }),
    } as EventBody)
    return withinTimeout(needs.timeoutMs, this.#stop.signal, signal => {
      const run: RunContext = {
        ...this.#run,
        signal,
        own: work => this.#own(work, cleanups),
        gangStarted: () => {
          this.#steps.add(needs.step)
          this.#warmUp()
        },
      }
      return nodes === undefined ? runSingleTask(run, attempt, this.#bodies.take()) : runGangTask(run, attempt, nodes)
    }).catch(failedToRun)
  }

  /** Work that the run waits for before it ends, and `task` before it is tried again. */
  #own(work: Promise<void>, task: Set<Promise<void>>): void {
    const owned = work
      .catch((error: unknown) =>
        this.#options.emit({ type: 'warning', message: `clean-up failed: ${asFlowError(error).message}` } as EventBody),
      )
      .finally(() => {
        this.#cleanups.delete(owned)
        task.delete(owned)
      })
    this.#cleanups.add(owned)
    task.add(owned)
  }

  /** Goes on with what follows from a task's last attempt. */
  #goOn({ path, identity, ready }: Attempt, { verdict, artifacts, transition, served }: AttemptEnd): void {
    if (verdict.outcome !== 'ok' && verdict.caught === undefined) {
      this.#finish(
        verdict.outcome === 'cancelled'
          ? { outcome: 'cancelled' }
          : { outcome: verdict.outcome, failed: { task: path, verdict } },
      )
      return
    }
    const done: FinishedTask = { task: ready, taskId: identity.taskId, path, transition, artifacts, served }
    this.#ready.push(...this.#scheduler.finished(done))
  }

  #fail(error: unknown): void {
    this.#finish({ outcome: 'user-error', error: asFlowError(error) })
  }

  /** The first end is the run's; the others are brought about by it. */
  #finish(end: TasksEnd): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#ready.length = 0
    if (end.outcome !== 'ok') this.#stop.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#running)
    await Promise.all(this.#cleanups)
  }
}
