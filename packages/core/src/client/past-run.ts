import type { Outcome, RunRecord, Store } from '../store/index.js'
import { isAlive } from './is-alive.js'
import { notFound } from './not-found.js'
import { PastTask } from './past-task.js'

/**
 * A flow that has runs.
 *
 * @example
 * using flows = client()
 * const train: PastFlow = flows.flow('Train')
 * for (const run of train.runs(10)) console.log(run.path, run.outcome ?? 'no end')
 */
export class PastFlow {
  readonly name: string
  readonly #store: Store

  constructor(store: Store, name: string) {
    this.#store = store
    this.name = name
  }

  /** Newest first; `limit` of them, by default all. */
  runs(limit?: number): readonly PastRun[] {
    return this.#store.metadata.runs(this.name, limit).map(record => new PastRun(this.#store, record))
  }

  /** @throws FLOW_PATH_NOT_FOUND */
  run(runId: string): PastRun {
    const record = this.#store.metadata.run(`${this.name}/${runId}`)
    if (record === undefined) throw notFound(this.#store.metadata, { kind: 'run', flow: this.name, runId })
    return new PastRun(this.#store, record)
  }

  latestRun(): PastRun {
    const [latest] = this.runs(1)
    if (latest === undefined) throw notFound(this.#store.metadata, { kind: 'flow', flow: this.name })
    return latest
  }
}

/**
 * One run of a flow.
 *
 * @example
 * using flows = client()
 * const run: PastRun = flows.run('Train/3')
 * if (!run.isRunning) console.log(run.outcome, run.steps().map(step => step.name))
 */
export class PastRun {
  readonly record: RunRecord
  readonly #store: Store

  constructor(store: Store, record: RunRecord) {
    this.#store = store
    this.record = record
  }

  get id(): string {
    return this.record.runId
  }

  /** `Flow/run`. */
  get path(): string {
    return `${this.record.flow}/${this.record.runId}`
  }

  /** How it ended; undefined while it runs, and when its orchestrator died. */
  get outcome(): Outcome | undefined {
    return this.record.outcome
  }

  /** Whether it has not ended and its orchestrator is still there (on this machine). */
  get isRunning(): boolean {
    return this.record.outcome === undefined && this.record.pid !== undefined && isAlive(this.record.pid)
  }

  /** The steps that have tasks, in the order in which they began. */
  steps(): readonly PastStep[] {
    return this.#store.metadata.steps(this.path).map(({ step }) => new PastStep(this.#store, this, step))
  }

  /** @throws FLOW_PATH_NOT_FOUND when it has no task */
  step(name: string): PastStep {
    const found = this.steps().find(step => step.name === name)
    if (found === undefined) {
      throw notFound(this.#store.metadata, { kind: 'step', flow: this.record.flow, runId: this.id, step: name })
    }
    return found
  }

  /** All tasks, in the order in which they were made. */
  tasks(): readonly PastTask[] {
    return this.#store.metadata.tasks(this.path).map(task => new PastTask(this.#store, this.record, task))
  }

  /** What was told while it ran. */
  events(): readonly Readonly<Record<string, unknown>>[] {
    return this.#store.metadata.events(this.path)
  }
}

/**
 * One step of a run.
 *
 * @example
 * using flows = client()
 * const step: PastStep = flows.run('Train/3').step('fit')
 * console.log(step.tasks().map(task => task.path))
 */
export class PastStep {
  readonly name: string
  readonly run: PastRun
  readonly #store: Store

  constructor(store: Store, run: PastRun, name: string) {
    this.#store = store
    this.run = run
    this.name = name
  }

  get path(): string {
    return `${this.run.path}/${this.name}`
  }

  tasks(): readonly PastTask[] {
    return this.#store.metadata.tasks(this.path).map(task => new PastTask(this.#store, this.run.record, task))
  }
}
