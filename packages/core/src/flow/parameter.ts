import type { StandardSchemaV1 } from '@standard-schema/spec'
import { FlowError } from '../errors/index.js'
import { parameterKey } from './keys.js'

/** What `parameter()` was given. */
export interface ParameterDefinition {
  readonly schema?: StandardSchemaV1 | undefined
  readonly help?: string | undefined
  readonly required?: boolean | undefined
  readonly default?: unknown
}

/** A value that `flow run` takes as a flag, described by a schema of zod, valibot or any other Standard Schema. */
export function parameter<S extends StandardSchemaV1>(
  schema: S,
  options?: { readonly help?: string },
): StandardSchemaV1.InferOutput<S>
/** A text that must be given. */
export function parameter(options: { readonly required: true; readonly help?: string }): string
/**
 * A value with a default, of the default's type: text, number, boolean, or anything that JSON can say.
 *
 * Parameters are fields that no step can write. `maxIter` becomes the flag `--max-iter`.
 *
 * @example
 * class Train extends Flow {
 *   readonly rate = parameter({ default: 0.1, help: 'learning rate' })
 *   readonly data = parameter({ required: true, help: 'where the data is' })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export function parameter<T>(options: { readonly default: T; readonly help?: string }): T
export function parameter(first: object, second: { readonly help?: string } = {}): unknown {
  const definition: ParameterDefinition =
    '~standard' in first ? { schema: first as StandardSchemaV1, ...second } : first
  if (definition.schema === undefined && definition.required !== true && !('default' in definition)) {
    throw new FlowError('FLOW_PARAMETER_DEFINITION', {
      message: 'parameter() got neither a schema, nor a default, nor required: true',
      fix: 'Write parameter({ default: 3 }), parameter({ required: true }) or parameter(z.number()).',
    })
  }
  return makeMarker(definition)
}

/** The definition behind a field's initial value; undefined when the field is no parameter. */
export function parameterDefinition(value: unknown): ParameterDefinition | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return (value as { [parameterKey]?: ParameterDefinition })[parameterKey]
}

// Stands in the field until the constructor is through. Calculating with it there would give nonsense: it throws.
function makeMarker(definition: ParameterDefinition): object {
  return Object.defineProperties(
    {},
    {
      [parameterKey]: { value: definition },
      [Symbol.toPrimitive]: {
        value: () => {
          throw new FlowError('FLOW_PARAMETER_TOO_EARLY', {
            message: 'A parameter was used while the flow was being constructed',
            why: 'Its value is known when a step runs, not in a field initialiser or constructor.',
            fix: 'Move the calculation into the start step, or into a getter.',
          })
        },
      },
    },
  )
}
