import type { Backend } from '../backends/index.js'
import type { BodyTask, ScreenLine, TaskIdentity } from '../body/index.js'
import type { Transition } from '../flow/index.js'
import type { CodePackage } from '../package/index.js'
import type { Artifacts, Store, Verdict } from '../store/index.js'
import type { RunEvent } from './events.js'
import type { StepNeeds } from './step-plan.js'
import type { ReadyTask } from './scheduler.js'

/** An event without its time. */
export type EventBody = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never

/** What all tasks of a run share. */
export interface RunContext {
  readonly store: Store
  readonly code: CodePackage
  readonly exportName: string
  readonly parameters: BodyTask['parameters']
  /** Aborted to stop everything. */
  readonly signal: AbortSignal
  readonly maxNodes: number
  /** Gives gangs their nodes. */
  readonly backend: Backend
  emit(event: EventBody): void
  /** Work that the run waits for before it ends, and a task only before it is tried again. */
  own(work: Promise<void>): void
  /** A gang runs its programs: its start, which takes every core, is over. */
  gangStarted(): void
}

/** One attempt of one task. */
export interface Attempt {
  readonly ready: ReadyTask
  readonly needs: StepNeeds
  readonly identity: TaskIdentity
  /** `Flow/run/step/task` */
  readonly path: string
  /** Set on top of the environment: `@environment`, and PATH with the step's Python first. */
  readonly env: Readonly<Record<string, string>>
}

/** How an attempt ended. */
export interface AttemptEnd {
  readonly verdict: Verdict
  readonly transition?: Transition | undefined
  /** One for each node. */
  readonly artifacts: readonly Artifacts[]
  readonly served: boolean
}

/** Passes lines on to whoever watches the run. */
export function showLines(run: RunContext, task: string, lines: readonly ScreenLine[], node?: number): void {
  for (const { stream, rank, text } of lines) run.emit({ type: 'log', task, node, rank, stream, text })
}
