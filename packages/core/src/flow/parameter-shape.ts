import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { ParameterDefinition } from './parameter.js'

/** What a parameter takes; says how the text of a command line is read. */
export type ParameterKind = 'string' | 'number' | 'boolean' | 'json'

/** What is known of a parameter without any value for it. */
export interface ParameterShape {
  readonly kind: ParameterKind
  readonly hasDefault: boolean
  readonly default?: unknown
  readonly help?: string | undefined
}

/** Asks the default for its type, or the schema for its JSON Schema and for what it makes of nothing. */
export function parameterShape(definition: ParameterDefinition): ParameterShape {
  return definition.schema === undefined ? plainShape(definition) : schemaShape(definition.schema)
}

function plainShape(definition: ParameterDefinition): ParameterShape {
  if (!('default' in definition)) return { kind: 'string', hasDefault: false }
  const type = typeof definition.default
  const kind = type === 'string' || type === 'number' || type === 'boolean' ? type : 'json'
  return { kind, hasDefault: true, default: definition.default }
}

function schemaShape(schema: StandardSchemaV1): ParameterShape {
  const json = jsonSchema(schema)
  const absent = schema['~standard'].validate(undefined)
  // A check that takes time cannot be asked here; its JSON Schema still says the default.
  const known = absent instanceof Promise ? undefined : absent
  if (absent instanceof Promise) absent.catch(() => {})
  const takesNothing = known === undefined ? json !== undefined && 'default' in json : known.issues === undefined
  const value = known !== undefined && known.issues === undefined ? known.value : json?.['default']
  return {
    kind: kindOf(json),
    hasDefault: takesNothing,
    default: value,
    help: typeof json?.['description'] === 'string' ? json['description'] : undefined,
  }
}

/** https://standardschema.dev/json-schema */
function jsonSchema(schema: StandardSchemaV1): Record<string, unknown> | undefined {
  const props = schema['~standard'] as StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>
  try {
    return props.jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // "May throw if conversion is not supported": then only trying tells what it takes.
    return undefined
  }
}

function kindOf(json: Record<string, unknown> | undefined): ParameterKind {
  const values = json?.['enum'] ?? ('const' in (json ?? {}) ? [json?.['const']] : undefined)
  const types = json?.['type'] ?? (Array.isArray(values) ? [...new Set(values.map(value => typeof value))] : undefined)
  const type: unknown = Array.isArray(types) && types.length === 1 ? types[0] : types
  if (type === 'integer' || type === 'number') return 'number'
  return type === 'string' || type === 'boolean' ? type : 'json'
}
