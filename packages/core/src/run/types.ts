import type { FlowError } from '../errors/index.js'
import type { Backend } from '../backends/index.js'
import type { FlowDescription, Graph } from '../flow/index.js'
import type { GangPlan } from '../gang/index.js'
import type { CodePackage } from '../package/index.js'
import type { Outcome, RunEvent, Verdict } from './events.js'

/** What starts a run. */
export interface RunOptions {
  /** Absolute path of the flow's file. */
  readonly flowFile: string
  /** State directory, from `resolveHome`. */
  readonly home: string
  /** Texts as from a command line, by parameter name. */
  readonly parameters: Readonly<Record<string, string>>
  readonly tags?: readonly string[] | undefined
  /** Tasks at a time. Default: the cores of this machine. */
  readonly maxWorkers?: number | undefined
  /** Largest foreach. Default 100. */
  readonly maxNumSplits?: number | undefined
  /** Largest gang on this machine. Default 64. */
  readonly maxNodes?: number | undefined
  /** Decorators added to every step, and the backend of gangs, as `--with` takes them. */
  readonly withDecorators?: readonly string[] | undefined
  onEvent(event: RunEvent): void
  /** Stops the run: everything it started ends within the grace. */
  readonly signal?: AbortSignal | undefined
}

/** How a run ended. */
export interface RunResult {
  /** undefined when it was stopped before it began. */
  readonly runId: string | undefined
  readonly outcome: Outcome
  /** 0 ok, 1 failed, 130 interrupted. */
  readonly exitCode: number
  /** The task that made it fail. */
  readonly failed?: { readonly task: string; readonly verdict: Verdict } | undefined
  /** What went wrong outside of any task. */
  readonly error?: FlowError | undefined
}

/** A flow that was read, checked, packaged and loaded. */
export interface LoadedFlow {
  readonly graph: Graph
  readonly description: FlowDescription
  readonly package: CodePackage
  readonly backend: Backend
}

/** What `--dry-run` prints. */
export interface FlowPlan {
  readonly flow: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly maxWorkers: number
  readonly package: { readonly hash: string; readonly files: number }
  readonly steps: readonly StepPlan[]
}

/** A step in the plan; `gang` where it runs on one. */
export interface StepPlan {
  readonly step: string
  readonly kind: string
  readonly next: readonly string[]
  readonly resources: {
    readonly cpu?: number | undefined
    readonly memory?: number | undefined
    readonly gpu?: number | undefined
  }
  readonly pypi?: Readonly<Record<string, string>> | undefined
  readonly environment: readonly string[]
  /** `size` 0: known only when the step before it has run. */
  readonly gang?: GangPlan | undefined
}
