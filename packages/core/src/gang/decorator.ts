import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type GangOptions,
  makeStepDecorator,
  type Misuse,
  refuseWithoutParentheses,
  type StepContext,
  type StepDecorator,
} from '../flow/index.js'
import type { Flow } from '../flow/index.js'
import type { AnyExtension, Extension, ExtensionSpec } from './extension.js'

/** An extension's decorator, as {@link gangDecorator} makes it: `@name(options)` on a step, and itself the extension that others can `use`. */
export type GangDecorator<N extends string, O, A, F> = Extension<O, A, F> & {
  (...args: {} extends O ? [options?: O & GangOptions] : [options: O & GangOptions]): StepDecorator
  <This extends Flow>(
    value: (this: This, ...args: never[]) => unknown,
    context: StepContext<This>,
  ): Misuse<`Write @${N}() with parentheses`>
}

/**
 * Makes an extension and its decorator. Importing it is all the registration there is: a step that carries the
 * decorator carries the extension.
 *
 * @param spec What the extension is; `setup` taps the hooks of each gang.
 * @returns The decorator. `setup`'s second argument gets its options (`{}` without any).
 * @throws `FLOW_DECORATOR_MISUSED` when it is used without parentheses.
 *
 * @example
 * export const hello = gangDecorator({
 *   name: 'hello',
 *   core: '^0.1.0',
 *   setup(gang, options: { text?: string }) {
 *     gang.hooks.onNode.tap('hello', ctx => ctx.log(options.text ?? 'hello'))
 *   },
 * })
 */
export function gangDecorator<
  const N extends string,
  O = {},
  A = void,
  const U extends readonly AnyExtension[] = readonly [],
  S extends StandardSchemaV1 = StandardSchemaV1<unknown, undefined>,
>(spec: ExtensionSpec<N, O, A, U, S>): GangDecorator<N, O, A, StandardSchemaV1.InferOutput<S>> {
  const decorator = (...args: readonly unknown[]): StepDecorator => {
    refuseWithoutParentheses(spec.name, args)
    return makeStepDecorator(spec.name, args[0] ?? {}, spec)
  }
  // The second call signature always throws: it exists for its type only.
  return Object.assign(decorator, { extension: spec }) as unknown as GangDecorator<
    N,
    O,
    A,
    StandardSchemaV1.InferOutput<S>
  >
}

/**
 * Runs the step's body on every node of a gang, with `current.parallel` and `current.gang` and no framework.
 *
 * @example
 * export default class Ring extends Flow {
 *   @step start() { this.next(this.work, { numParallel: 4 }) }
 *   @parallel()
 *   @step work() {
 *     console.log(current.parallel.nodeIndex)
 *     this.next(this.join)
 *   }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const parallel = gangDecorator({
  name: 'parallel',
  core: '^0.1.0',
  workers: 'body',
  // No hooks: what every gang has is all it needs.
  setup: () => undefined,
})
