/** What a run tells: the board draws them, `--json` prints each as one line. `at` is milliseconds since the epoch. */
export type RunEvent = { readonly at: number } & (
  | {
      readonly type: 'run.started'
      readonly run: string
      readonly flow: string
      readonly parameters: Readonly<Record<string, unknown>>
      readonly tags: readonly string[]
    }
  /** Long preparation with something to tell: making a Python environment, bundling dependencies. */
  | { readonly type: 'progress'; readonly what: string; readonly text: string; readonly done: boolean }
  | {
      readonly type: 'task.started'
      readonly task: string
      readonly step: string
      readonly attempt: number
      readonly nodes?: number | undefined
    }
  /** The task failed and will be tried again, as `attempt`, in `delayMs` milliseconds. */
  | {
      readonly type: 'task.retrying'
      readonly task: string
      readonly step: string
      readonly attempt: number
      readonly delayMs: number
    }
  | { readonly type: 'node.joined'; readonly task: string; readonly node: number; readonly address: string }
  /** All nodes passed the barrier. `budget` is milliseconds by phase. */
  | {
      readonly type: 'gang.ready'
      readonly task: string
      readonly nodes: number
      readonly budget: Readonly<Record<string, number>>
    }
  | {
      readonly type: 'rank.started'
      readonly task: string
      readonly node: number
      readonly rank: number
      readonly pid: number
    }
  | {
      readonly type: 'rank.ended'
      readonly task: string
      readonly node: number
      readonly rank: number
      readonly exitCode: number | null
      readonly signal: string | null
    }
  /** Lines skipped on the screen are in the store; `skipped` counts those left out before this one. */
  | {
      readonly type: 'log'
      readonly task: string
      readonly node?: number | undefined
      readonly rank?: number | undefined
      readonly stream: 'stdout' | 'stderr'
      readonly text: string
      readonly skipped?: number | undefined
    }
  | { readonly type: 'warning'; readonly task?: string | undefined; readonly message: string }
  | {
      readonly type: 'task.ended'
      readonly task: string
      readonly step: string
      readonly attempt: number
      readonly outcome: Outcome
      readonly durationMs: number
      readonly verdict?: Verdict | undefined
    }
  | {
      readonly type: 'run.ended'
      readonly run: string
      readonly outcome: Outcome
      readonly exitCode: number
      readonly durationMs: number
    }
)

export type { Outcome, Verdict } from '../store/index.js'
import type { Outcome, Verdict } from '../store/index.js'
