import type { Artifacts } from './artifact-ref.js'
import type { Outcome, Verdict } from './verdict.js'

// What the metadata says. All times are milliseconds since the epoch.

export interface RunRecord {
  readonly flow: string
  readonly runId: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly tags: readonly string[]
  readonly user?: string | undefined
  readonly packageHash?: string | undefined
  /** The orchestrator's process. */
  readonly pid?: number | undefined
  readonly startedAt: number
  readonly endedAt?: number | undefined
  /** Absent while it runs, and when its orchestrator died. */
  readonly outcome?: Outcome | undefined
}

/** One level of the foreach splits that a task is inside of, outermost first. */
export interface ForeachFrame {
  /** The step that split. */
  readonly step: string
  readonly field: string
  readonly index: number
  readonly size: number
}

export interface TaskRecord {
  /** `Flow/run/step/task`. */
  readonly path: string
  readonly runId: string
  readonly step: string
  readonly taskId: string
  readonly foreachStack: readonly ForeachFrame[]
  /** Paths of the tasks (or nodes of a gang) before it. */
  readonly parents: readonly string[]
  readonly createdAt: number
}

export interface AttemptRecord {
  /** The task's path. */
  readonly path: string
  readonly attempt: number
  /** 1 for a single task. */
  readonly nodes: number
  readonly startedAt: number
  readonly endedAt?: number | undefined
  /** Absent until it is committed. */
  readonly outcome?: Outcome | undefined
  readonly verdict?: Verdict | undefined
  /** What `this.next` decided. Plain data. */
  readonly transition?: unknown
}

/** A step of a run, by its tasks. */
export interface StepRecord {
  readonly step: string
  readonly tasks: number
}

export interface NewRun {
  readonly flow: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly tags?: readonly string[] | undefined
  readonly user?: string | undefined
  readonly packageHash?: string | undefined
  readonly startedAt?: number | undefined
  readonly pid?: number | undefined
}

export interface NewTask {
  readonly foreachStack?: readonly ForeachFrame[] | undefined
  readonly parents?: readonly string[] | undefined
}

/** How an attempt ended. What it made becomes visible with it, all at once. */
export interface Commit {
  /** The task's path, `Flow/run/step/task`. */
  readonly path: string
  readonly attempt: number
  readonly outcome: Outcome
  readonly verdict?: Verdict | undefined
  /** One entry a node, in node order; one for a single task. */
  readonly artifacts?: readonly Artifacts[] | undefined
  readonly transition?: unknown
  readonly endedAt?: number | undefined
}
