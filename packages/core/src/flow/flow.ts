import './metadata.js'
import { stepRecords } from './decorations.js'
import { flowKey } from './keys.js'
import { mergeInto, type MergeOptions } from './merge.js'
import { decide, type NextOptions } from './next.js'

/** A step of a {@link Flow} as an argument of `this.next`. */
export type Target = (...inputs: never[]) => void | Promise<void>

/** How the one target of `this.next` in a {@link Flow} is split. */
export interface Split<K> {
  /** The target becomes a gang of so many nodes: an integer of 1 or more. */
  readonly numParallel?: number | undefined
  /** The target runs once for each element of this field. */
  readonly foreach?: K | undefined
}

/** One of {@link Inputs}: a flow as another step left it, what it stored, nothing of it writable. */
export type Input<F extends Flow> = { readonly [K in keyof F as K extends keyof Flow ? never : K]: F[K] }

/**
 * What a join gets: one input for each branch, each element of the foreach, or each node of the gang, in order.
 *
 * @example
 * export default class Sum extends Flow {
 *   part = 0
 *   @step start() { this.next(this.work, { numParallel: 2 }) }
 *   @parallel()
 *   @step work() { this.part = current.parallel.nodeIndex; this.next(this.join) }
 *   @step join(inputs: Inputs<this>) {
 *     this.part = inputs.reduce((sum, input) => sum + input.part, 0)
 *     this.next(this.end)
 *   }
 *   @step end() {}
 * }
 */
export type Inputs<F extends Flow> = readonly [Input<F>, ...Input<F>[]]

/**
 * A flow: a class whose methods are steps. Its fields are artifacts: what a step leaves in them, later steps find.
 *
 * @example
 * export default class Hello extends Flow {
 *   greeting = ''
 *   @step start() {
 *     this.greeting = 'hello'
 *     this.next(this.end)
 *   }
 *   @step end() {
 *     console.log(this.greeting)
 *   }
 * }
 */
export abstract class Flow {
  static {
    Object.defineProperty(this.prototype, flowKey, { value: true })
  }

  /** In a foreach: the element that this task is for. A flow may say its type: `declare readonly input: number`. */
  declare readonly input: unknown

  /** Goes on with several steps at once; a later step joins them. */
  next(first: Target, second: Target, ...more: Target[]): void
  /**
   * Goes on with a step: once, once for each element of a field (`foreach`), or on a gang of nodes (`numParallel`).
   * Every step but `end` calls it exactly once.
   *
   * @throws `FLOW_NUM_PARALLEL_INVALID`, `FLOW_FOREACH_INVALID`, `FLOW_FOREACH_EMPTY`, `FLOW_NEXT_INVALID`, `FLOW_NEXT_TWICE`
   */
  next(target: Target, options?: Split<keyof this & string>): void
  next(...args: readonly unknown[]): void {
    const last = args.at(-1)
    const options = typeof last === 'object' && last !== null ? (last as NextOptions) : undefined
    const targets = options === undefined ? args : args.slice(0, -1)
    const steps = [...stepRecords(this.constructor)].filter(([, record]) => record.isStep).map(([name]) => name)
    decide(this, targets, options, steps)
  }

  /**
   * In a join: takes over the artifacts of the inputs that this step has not set itself. Content decides: the same
   * value from several inputs is no conflict.
   *
   * @param options `include`: only these. `exclude`: all but these.
   * @throws `FLOW_MERGE_CONFLICT` naming the fields whose inputs differ, `FLOW_MERGE_MISSING` when no input has a field
   * of `include`, `FLOW_MERGE_INPUTS` when these are not the inputs of a join.
   *
   * @example
   * export default class Sum extends Flow {
   *   part = 0
   *   model = ''
   *   @step start() { this.next(this.a, this.b) }
   *   @step a() { this.part = 1; this.next(this.join) }
   *   @step b() { this.part = 2; this.next(this.join) }
   *   @step join(inputs: Inputs<this>) {
   *     this.part = inputs.reduce((sum, input) => sum + input.part, 0)
   *     this.mergeArtifacts(inputs)
   *     this.next(this.end)
   *   }
   *   @step end() {}
   * }
   */
  mergeArtifacts(inputs: readonly object[], options?: MergeOptions<keyof this & string>): void {
    mergeInto(this, inputs, options ?? {})
  }
}
