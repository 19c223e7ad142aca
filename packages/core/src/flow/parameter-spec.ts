import type { StandardSchemaV1 } from '@standard-schema/spec'
import { FlowError } from '../errors/index.js'
import type { ParameterDefinition } from './parameter.js'
import { type ParameterKind, parameterShape } from './parameter-shape.js'

/** A parameter of a flow. */
export interface ParameterSpec {
  /** The field's name. */
  readonly name: string
  /** The command line's flag without dashes: `maxIter` is 'max-iter'. */
  readonly flag: string
  readonly help?: string
  /** It must be given. */
  readonly required: boolean
  readonly kind: ParameterKind
  readonly hasDefault: boolean
  readonly default?: unknown
  /** Reads and checks the text of a command line. `FLOW_PARAMETER_INVALID` */
  parse(text: string): Promise<unknown>
  /** Checks a value and returns it as its schema made it. `FLOW_PARAMETER_INVALID` */
  check(value: unknown): Promise<unknown>
}

/**
 * Makes the spec of the parameter in field `name`.
 *
 * @throws `FLOW_PARAMETER_DEFINITION` when its default is nothing that JSON can say.
 */
export function parameterSpec(name: string, definition: ParameterDefinition): ParameterSpec {
  const shape = parameterShape(definition)
  if (definition.schema === undefined) refuseDefault(name, definition.default)
  const help = definition.help ?? shape.help
  const check = async (value: unknown): Promise<unknown> => {
    if (definition.schema !== undefined) return validate(name, definition.schema, value)
    if (isPlain(value, definition, shape.kind)) return value
    throw invalid(name, `${show(value)} is no ${wanted(definition, shape.kind)}`)
  }
  const parse = async (text: string): Promise<unknown> => {
    const read = readText(text, shape.kind)
    if (read.ok) return check(read.value)
    // Without a JSON Schema a schema does not say what it takes; a plain text may be right.
    if (definition.schema !== undefined && shape.kind === 'json') return check(text)
    throw invalid(name, `'${text}' is no ${wanted(definition, shape.kind)}`)
  }
  return {
    name,
    flag: flagOf(name),
    ...(help === undefined ? {} : { help }),
    required: !shape.hasDefault,
    kind: shape.kind,
    hasDefault: shape.hasDefault,
    ...(shape.hasDefault ? { default: shape.default } : {}),
    parse,
    check,
  }
}

/**
 * All parameters of a run: those given are checked, the others have their defaults.
 *
 * @param given Values by field name. With `text: true` they are texts of a command line.
 * @throws `FLOW_PARAMETER_UNKNOWN`, `FLOW_PARAMETER_MISSING`, `FLOW_PARAMETER_INVALID`
 */
export async function resolveParameters(
  specs: readonly ParameterSpec[],
  given: Readonly<Record<string, unknown>>,
  options: { readonly text?: boolean } = {},
): Promise<Record<string, unknown>> {
  const unknown = Object.keys(given).find(name => !specs.some(spec => spec.name === name))
  if (unknown !== undefined) {
    throw new FlowError('FLOW_PARAMETER_UNKNOWN', {
      message: `The flow has no parameter '${unknown}'`,
      fix:
        specs.length === 0 ? 'It has none at all.' : `Its parameters are: ${specs.map(spec => spec.name).join(', ')}.`,
    })
  }
  const missing = specs.filter(spec => spec.required && !Object.hasOwn(given, spec.name))
  if (missing.length > 0) {
    throw new FlowError('FLOW_PARAMETER_MISSING', {
      message: `Not given: ${missing.map(spec => `parameter '${spec.name}'`).join(', ')}`,
      fix: `Add ${missing.map(spec => `--${spec.flag} …`).join(' ')}.`,
      details: { missing: missing.map(spec => spec.name) },
    })
  }
  const values: Record<string, unknown> = {}
  for (const spec of specs) {
    if (!Object.hasOwn(given, spec.name)) values[spec.name] = spec.default
    else
      values[spec.name] = await (options.text === true
        ? spec.parse(String(given[spec.name]))
        : spec.check(given[spec.name]))
    refuseUnsayable(spec.name, values[spec.name])
  }
  return values
}

/** `maxIter` and `max_iter` are 'max-iter', `HTTPPort` is 'http-port'. */
export function flagOf(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .replaceAll(/[_$]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .toLowerCase()
}

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false }

function readText(text: string, kind: ParameterKind): Read {
  if (kind === 'string') return { ok: true, value: text }
  if (kind === 'number') {
    const value = Number(text)
    return text.trim() === '' || Number.isNaN(value) ? { ok: false } : { ok: true, value }
  }
  if (kind === 'boolean') {
    if (/^(true|yes|on|1)$/i.test(text)) return { ok: true, value: true }
    return /^(false|no|off|0)$/i.test(text) ? { ok: true, value: false } : { ok: false }
  }
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return { ok: false }
  }
}

function isPlain(value: unknown, definition: ParameterDefinition, kind: ParameterKind): boolean {
  if (kind === 'number') return typeof value === 'number' && !Number.isNaN(value)
  if (kind !== 'json') return typeof value === kind
  if (Array.isArray(definition.default)) return Array.isArray(value)
  // `default: null` says nothing about the type.
  if (definition.default === null || definition.default === undefined) return value !== undefined
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function validate(name: string, schema: StandardSchemaV1, value: unknown): Promise<unknown> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  const issues = result.issues.map(issue => {
    const path = (issue.path ?? []).map(part => String(typeof part === 'object' ? part.key : part)).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  throw invalid(name, `${show(value)}: ${issues.join('; ')}`)
}

function wanted(definition: ParameterDefinition, kind: ParameterKind): string {
  if (kind === 'boolean') return 'boolean (true or false)'
  if (kind !== 'json') return kind === 'string' ? 'text' : kind
  if (Array.isArray(definition.default)) return 'JSON array'
  return typeof definition.default === 'object' && definition.default !== null ? 'JSON object' : 'JSON value'
}

/** A schema may make something of a value that the run's record cannot hold: a bigint, a cycle. */
function refuseUnsayable(name: string, value: unknown): void {
  try {
    JSON.stringify(value)
  } catch (cause) {
    throw invalid(
      name,
      `what its schema makes of the value is no JSON (${cause instanceof Error ? cause.message : ''})`,
    )
  }
}

// The run's record, its events and the command line say parameters as JSON.
function refuseDefault(name: string, value: unknown): void {
  const odd = findOdd(value)
  if (odd === undefined) return
  throw new FlowError('FLOW_PARAMETER_DEFINITION', {
    message: `Parameter '${name}': its default is, or has in it, ${odd}`,
    why: 'A parameter is a value that JSON can say.',
    fix: 'Use a text or a number and make of it in a step what you need, or a schema that does.',
  })
}

/** The first part of a value that is no JSON. */
function findOdd(value: unknown): string | undefined {
  if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return value.map(findOdd).find(odd => odd !== undefined)
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `an instance of ${value.constructor.name}`
  return Object.values(value)
    .map(findOdd)
    .find(odd => odd !== undefined)
}

function invalid(name: string, what: string): FlowError {
  return new FlowError('FLOW_PARAMETER_INVALID', {
    message: `Parameter '${name}': ${what}`,
    fix: `Give --${flagOf(name)} a value of the right kind; \`flow run FILE --help\` lists the parameters.`,
    details: { parameter: name },
  })
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
}
