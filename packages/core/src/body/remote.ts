import { FlowError } from '../errors/index.js'
import type { Caller } from './calls.js'
import type { RemoteShape } from './protocol.js'

/**
 * What the body needs to stand in for an object that lives in its owner: names of methods, own and inherited, and the
 * plain values of its fields.
 */
export function describeRemote(value: object): RemoteShape {
  const methods = new Set<string>()
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(value)) {
    if (typeof field === 'function') methods.add(name)
    else if (isCloneable(field)) values[name] = field
  }
  for (
    let level: unknown = Object.getPrototypeOf(value);
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor') continue
      if (typeof property.value === 'function') methods.add(name)
      else if (property.get !== undefined && !(name in values)) {
        const field: unknown = property.get.call(value)
        if (isCloneable(field)) values[name] = field
      }
    }
  }
  return { methods: [...methods], values }
}

/** The stand-in itself: methods call the owner, fields are copies. */
export function makeRemote(target: string, shape: RemoteShape, caller: Caller): object {
  const remote: Record<string, unknown> = { ...shape.values }
  for (const method of shape.methods) {
    remote[method] = (...args: readonly unknown[]) => caller.call(target, method, args)
  }
  return Object.freeze(remote)
}

/** Calls a method of a provided object by name, only one that its shape lists. */
export function callRemote(
  target: string,
  value: object,
  shape: RemoteShape,
  method: string,
  args: readonly unknown[],
): unknown {
  if (!shape.methods.includes(method)) {
    throw new FlowError('FLOW_INTERNAL', { message: `current.${target} has no method '${method}'` })
  }
  const fn = (value as Record<string, (...args: readonly unknown[]) => unknown>)[method]
  return fn?.apply(value, [...args])
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
