import { types } from 'node:util'

/** How a value can be stored: as JSON, or only as a structured clone. */
export type Storable = 'json' | 'v8'

/** A part of a value that cannot be stored: where it is (innermost key first), what it is, and what to do. */
export class Unstorable extends Error {
  readonly keys: string[] = []
  readonly what: string
  readonly fix: string

  constructor(what: string, fix: string) {
    super(what)
    this.what = what
    this.fix = fix
  }
}

/**
 * Looks through a value before it is stored. JSON and structured clones both lose things without a word (a class, a
 * symbol key), so all that would come back changed is refused here.
 *
 * @throws Unstorable
 */
export function survey(value: unknown): Storable {
  return new Surveyor().visit(value)
}

const NO_NAME = 'a class without a name'

class Surveyor {
  // Objects already seen: parts of a value may be shared, and a cycle must end.
  readonly #done = new Set<object>()
  readonly #open = new Set<object>()

  visit(value: unknown): Storable {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return 'json'
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? 'json' : 'v8'
      case 'bigint':
      case 'undefined':
        return 'v8'
      case 'function':
        throw new Unstorable(
          `a function${value.name ? ` (${value.name})` : ''}`,
          'Store the data it needs and make the function again in the later step.',
        )
      case 'symbol':
        throw new Unstorable('a symbol', 'Store a string instead.')
      default:
        return value === null ? 'json' : this.#visitObject(value as object)
    }
  }

  #visitObject(value: object): Storable {
    if (this.#open.has(value)) return 'v8' // a cycle: JSON cannot say it
    if (this.#done.has(value)) return 'json' // what it needs has been counted where it was first met
    this.#open.add(value)
    const storable = this.#visitNew(value)
    this.#open.delete(value)
    this.#done.add(value)
    return storable
  }

  #visitNew(value: object): Storable {
    if (types.isProxy(value)) throw new Unstorable('a Proxy', 'Store a plain copy of what it stands for.')
    if (Array.isArray(value)) return this.#visitArray(value)
    if (isPlain(value)) return this.#visitEntries(value)
    // Views keep only their bytes, so their prototype says all; a Buffer is one level below Uint8Array.
    if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return visitBytes(value)
    const level = depth(value)
    if (level === 2 && types.isMap(value)) {
      let index = 0
      for (const [key, entry] of value) {
        this.#at(`<key ${index}>`, key)
        this.#at(mapKey(key, index++), entry)
      }
      return 'v8'
    }
    if (level === 2 && types.isSet(value)) {
      let index = 0
      for (const entry of value) this.#at(`<entry ${index++}>`, entry)
      return 'v8'
    }
    if (level === 2 && (types.isDate(value) || types.isRegExp(value) || types.isBoxedPrimitive(value))) return 'v8'
    throw refuse(value)
  }

  #visitArray(array: readonly unknown[]): Storable {
    if (depth(array) !== 2) throw refuse(array)
    let storable: Storable = 'json'
    for (let index = 0; index < array.length; index++) {
      const value = array[index]
      // A hole reads as undefined, which is no JSON either.
      const isPlainJson = typeof value === 'string' || typeof value === 'boolean'
      if (!isPlainJson && this.#at(index, value) === 'v8') storable = 'v8'
    }
    if (Object.keys(array).length > array.length)
      throw new Unstorable('an array with properties of its own', 'Store an object instead.')
    return storable
  }

  #visitEntries(object: object): Storable {
    if (Object.getOwnPropertySymbols(object).length > 0)
      throw new Unstorable('an object with symbol keys', 'Use strings as keys.')
    let storable: Storable = 'json'
    for (const key of Object.keys(object)) {
      if (this.#at(key, (object as Record<string, unknown>)[key]) === 'v8') storable = 'v8'
    }
    return storable
  }

  #at(key: string | number, value: unknown): Storable {
    try {
      return this.visit(value)
    } catch (error) {
      if (error instanceof Unstorable) error.keys.push(formatKey(key))
      throw error
    }
  }
}

function visitBytes(value: ArrayBufferLike | ArrayBufferView): Storable {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  if (types.isSharedArrayBuffer(buffer))
    throw new Unstorable('memory shared between threads', 'Store a copy: new Uint8Array(array).')
  const levels = ArrayBuffer.isView(value) && !types.isDataView(value) ? 3 : 2
  if (!Buffer.isBuffer(value) && depth(value) !== levels) throw refuse(value)
  return 'v8'
}

function refuse(value: object): Unstorable {
  const name = className(value)
  if (types.isPromise(value)) return new Unstorable('a Promise', 'Await it first.')
  if (types.isNativeError(value))
    return new Unstorable(`an error (${name})`, 'Store its message, or the fields that you need.')
  if (types.isGeneratorObject(value)) return new Unstorable('a generator', 'Store what it yields: [...values].')
  if (types.isWeakMap(value) || types.isWeakSet(value)) return new Unstorable(`a ${name}`, 'Use a Map or a Set.')
  if (types.isSharedArrayBuffer(value))
    return new Unstorable('memory shared between threads', 'Store a copy of its bytes.')
  return new Unstorable(
    `an instance of ${name}`,
    `Store its data as a plain object and make ${name === NO_NAME ? 'the instance' : `the ${name}`} again in the later step.`,
  )
}

function className(value: object): string {
  const constructor: unknown = Object.getPrototypeOf(value)?.constructor
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : NO_NAME
}

// By the length of the prototype chain, not by identity: a value may come from another realm (node:vm).
function depth(value: object): number {
  let levels = 0
  for (let proto: unknown = Object.getPrototypeOf(value); proto !== null; proto = Object.getPrototypeOf(proto)) levels++
  return levels
}

function isPlain(value: object): boolean {
  const proto: object | null = Object.getPrototypeOf(value)
  return (
    proto === null ||
    (Object.getPrototypeOf(proto) === null &&
      Object.hasOwn(proto, 'isPrototypeOf') &&
      Object.prototype.toString.call(value) === '[object Object]')
  )
}

function formatKey(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  if (key.startsWith('<')) return key
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

function mapKey(key: unknown, index: number): string {
  return typeof key === 'string' || typeof key === 'number' ? `<value of ${JSON.stringify(key)}>` : `<value ${index}>`
}
