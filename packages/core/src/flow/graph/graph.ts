/** What a step is in the graph; `next` decides, before the name. */
export type StepKind = 'start' | 'linear' | 'split' | 'foreach' | 'split-parallel' | 'join' | 'end'

/** A step as the source says it. `line` and `column` are those of its name, from 1. */
export interface GraphStep {
  readonly name: string
  readonly line: number
  readonly column: number
  /** The comment above it. */
  readonly doc?: string
  /** Names of the next steps, in the order in which they were written. */
  readonly next: readonly string[]
  /** The field that `next` goes over. */
  readonly foreach?: string
  /** The number of nodes `next` starts: as written, and its value where the source alone tells it. */
  readonly numParallel?: { readonly text: string; readonly value?: number }
  readonly kind: StepKind
  /** It is reached by numParallel: it runs on a gang. */
  readonly isParallel: boolean
  /** It takes inputs. */
  readonly isJoin: boolean
  /** Names of its decorators as written, without 'step'. */
  readonly decorators: readonly string[]
  /** The splits it is inside of, outermost first. */
  readonly splitParents: readonly string[]
  /** For a split, foreach or split-parallel: the join that ends it. */
  readonly matchingJoin?: string
}

/** The graph of a flow, without any problem in it. */
export interface Graph {
  readonly flowName: string
  readonly file: string
  /** Under which name the file exports the flow: 'default' or another. */
  readonly exportName: string
  /** In the order of the source, base classes first. */
  readonly steps: ReadonlyMap<string, GraphStep>
}
