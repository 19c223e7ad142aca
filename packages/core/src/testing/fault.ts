import type { Outcome } from '../store/index.js'
import type { LauncherUnderTest } from './extension.js'
import type { Waits } from './generate.js'

/** Which process of a gang is hit. */
export type Target = 'orchestrator' | 'supervisor' | 'agent' | 'body' | { readonly rank: number } | LauncherUnderTest

/** A signal that the kit sends to a process of the gang when all ranks run. */
export interface SignalStrike {
  readonly by: 'signal'
  readonly signal: NodeJS.Signals
  readonly target: Target
  readonly node: number
  /** The gang goes on although one of its processes is stopped: what the kit waits for, before it ends the gang. */
  readonly pause?: Pause | undefined
}

/** How long a process stays stopped that ends nothing, and what happens then. */
export interface Pause {
  /** A warning of `flow run`, so many milliseconds, or until nothing of the nodes is left. */
  readonly until: RegExp | number | 'nodes end'
  /** It goes on then. Default: it stays as it is. */
  readonly isContinued?: boolean | undefined
  /** It ends by Ctrl-C, which is then what the gang's end is measured from. Default: true. */
  readonly isInterrupted?: boolean | undefined
}

/** What the failing rank does, or what the kit does to a process of the gang when all ranks run. */
export type Strike =
  | { readonly by: 'rank'; readonly how: 'ok' | 'raise' | 'exit' | 'kill' }
  | { readonly by: 'missing' }
  | SignalStrike

/** A row of the outcome table (docs/faults.md). */
export interface Fault {
  readonly id: string
  readonly strike: Strike
  /** How the run may end; none when `flow run` itself is killed. */
  readonly outcomes: readonly Outcome[]
  readonly exitCode: number | null
  /** What the message has to say, each of them. */
  readonly says: readonly RegExp[]
  /** From the strike to its being seen, in milliseconds, at most. */
  readonly detectionMs: number
  /** Waits of the gang. */
  readonly waits: Waits
}

/** As names of faults say it. */
export function nameOf(node: number): string {
  return node === 0 ? 'control' : 'a worker'
}
