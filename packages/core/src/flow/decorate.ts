import './metadata.js'
import type { CatchFailureDecorator } from './catch-failure.js'
import type { StepDecorator } from './decorations.js'
import { FlowError } from '../errors/index.js'
import type { FlowClass } from './instance.js'

/** What {@link decorate} takes: decorators by the name of the method that they stand on. */
export type Decorators<F> = { readonly [K in keyof F]?: AnyDecorator | readonly AnyDecorator[] }

/** Of JavaScript's fields no type is known. */
type AnyDecorator = StepDecorator | CatchFailureDecorator<string>

/**
 * Marks the steps of a flow in plain JavaScript, where there are no decorators.
 *
 * @param flowClass The class.
 * @param steps By method: `step`, or a list of decorators as they would stand above it.
 * @returns The class itself.
 * @throws `FLOW_DECORATE_INVALID` when there is no method of that name, or something else than a decorator in a list.
 *
 * @example
 * class Plain extends Flow {
 *   start() { this.next(this.end) }
 *   end() {}
 * }
 * export default decorate(Plain, { start: [resources({ cpu: 2 }), step], end: step })
 */
export function decorate<C extends FlowClass>(flowClass: C, steps: Decorators<InstanceType<C>>): C {
  const metadata = ownMetadata(flowClass)
  for (const [name, decorators] of Object.entries(steps)) {
    const method: unknown = Reflect.get(flowClass.prototype as object, name)
    if (typeof method !== 'function')
      throw invalid(`${flowClass.name} has no method '${name}'`, 'Name methods of the class.')
    const context = { kind: 'method', name, static: false, private: false, metadata, addInitializer: () => {} }
    for (const one of [decorators ?? []].flat().toReversed()) {
      if (typeof one !== 'function')
        throw invalid(
          `'${name}' has something that is no decorator`,
          `Write ${name}: step, or ${name}: [resources({ cpu: 2 }), step].`,
        )
      // Applied by hand: the class's types cannot say which `this` each method has.
      ;(one as (value: unknown, context: unknown) => void)(method, context)
    }
  }
  return flowClass
}

function ownMetadata(flowClass: object): object {
  if (Object.hasOwn(flowClass, Symbol.metadata)) return (flowClass as { [Symbol.metadata]: object })[Symbol.metadata]
  const inherited = (flowClass as { [Symbol.metadata]?: object | null })[Symbol.metadata]
  const metadata = Object.create(inherited ?? null) as object
  Object.defineProperty(flowClass, Symbol.metadata, { value: metadata, configurable: true, writable: true })
  return metadata
}

function invalid(message: string, fix: string): FlowError {
  return new FlowError('FLOW_DECORATE_INVALID', { message: `decorate(): ${message}`, fix })
}
