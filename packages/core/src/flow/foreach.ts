import { FlowError } from '../errors/index.js'

/**
 * The elements that a foreach over this field runs over: an array, a typed array, a Set, or the entries of a Map.
 *
 * @throws `FLOW_FOREACH_INVALID`
 */
export function foreachItems(field: string, value: unknown): ArrayLike<unknown> {
  if (Array.isArray(value)) return value as readonly unknown[]
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return value as unknown as ArrayLike<unknown>
  if (value instanceof Set || value instanceof Map) return [...(value as Iterable<unknown>)]
  throw new FlowError('FLOW_FOREACH_INVALID', {
    message: `foreach: field '${field}' is ${describe(value)}`,
    why: 'A foreach runs over an array, a typed array, a Set or a Map.',
    fix: `Put an array into this.${field} before this.next().`,
  })
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'not set'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
