import { type Misuse, makeStepDecoratorFactory, type StepContext } from './decorations.js'
import { badOptions, refuseUnknownOptions } from './decorator-options.js'
import type { Flow } from './flow.js'

/** How a task failed that {@link catchFailure} caught. Plain data that nobody can change. */
export interface TaskFailure {
  /** `Flow/run/step/task`: `flow logs` takes it. */
  readonly task: string
  /** How many attempts the task had. */
  readonly attempts: number
  /** How the last of them ended. */
  readonly outcome: 'user-error' | 'system-error' | 'preempted' | 'timeout' | 'lost'
  /** One sentence: node, rank and cause. */
  readonly message: string
  /** The code of the error, where it has one, e.g. 'FLOW_MPI_ABORTED'. */
  readonly code?: string
  /** The node that failed first. 0 for a step that is no gang's. */
  readonly node?: number
  /** The rank that failed first, where it was one. */
  readonly rank?: number
  readonly exitCode?: number
  /** The signal that ended it, e.g. 'SIGKILL'. */
  readonly signal?: string
  /** The end of its stderr, or the error's own text. */
  readonly excerpt: string
}

/** Options of {@link catchFailure}. */
export interface CatchFailureOptions<N extends string = string> {
  /** The field that holds the failure. Default `failure`. */
  readonly as?: N
}

/** What {@link catchFailure} returns: it fits a flow that has the field. */
export interface CatchFailureDecorator<N extends string> {
  <This extends Flow & { readonly [K in N]?: TaskFailure | undefined }>(
    value: N extends keyof This
      ? (this: This, ...args: never[]) => unknown
      : Misuse<`Declare the field ${N}?: TaskFailure`>,
    context: StepContext<This>,
  ): void
  (
    prototype: object,
    name: string | symbol,
    descriptor: PropertyDescriptor,
  ): Misuse<'Remove "experimentalDecorators" from tsconfig.json'>
}

interface CatchFailure {
  <const N extends string = 'failure'>(options?: CatchFailureOptions<N>): CatchFailureDecorator<N>
  <This extends Flow>(
    value: (this: This, ...args: never[]) => unknown,
    context: StepContext<This>,
  ): Misuse<'Write @catchFailure() with parentheses'>
}

export const DEFAULT_FAILURE_FIELD = 'failure'

/**
 * Lets the flow go on when a step has failed in all its attempts, a gang as a whole. The step's artifacts are then those
 * that it found, and the field `as` holds a {@link TaskFailure}; when the step goes well, that field is unset. A join
 * sees it in each of its `inputs`: of a gang in every node's. A cancelled run does not go on.
 *
 * It cannot stand on a step that goes on by `foreach` or `numParallel`: nobody would know with how many tasks.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` unless `as` is the name of a field.
 *
 * @example
 * class Sweep extends Flow {
 *   rates = [0.1, 1, 10]
 *   failure?: TaskFailure
 *   @step start() { this.next(this.train, { foreach: 'rates' }) }
 *   @catchFailure()
 *   @step train() { this.next(this.join) }
 *   @step join(inputs: Inputs<this>) {
 *     console.log(inputs.filter(input => input.failure !== undefined).length, 'failed')
 *     this.next(this.end)
 *   }
 *   @step end() {}
 * }
 */
export const catchFailure: CatchFailure = makeStepDecoratorFactory('catchFailure', (options: CatchFailureOptions) => {
  refuseUnknownOptions('catchFailure', options, ['as'])
  const { as: field } = options
  if (field === undefined) return
  if (typeof field !== 'string' || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(field))
    throw badOptions('catchFailure', `as is ${JSON.stringify(field)}`, "Name a field of the flow: as: 'failure'.")
  // The factory's own types know nothing of the field.
}) as CatchFailure
