import { DefaultDeserializer, serialize } from 'node:v8'
import { FlowError } from '../errors/index.js'
import type { ArtifactRef } from './artifact-ref.js'
import { survey, Unstorable } from './survey.js'

/** A value as bytes, before it has a hash and a place. */
export interface EncodedArtifact {
  readonly encoding: 'json' | 'bytes' | 'v8'
  readonly type?: string | undefined
  readonly bytes: Uint8Array
}

type BytesView = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView

const views: Readonly<Record<string, BytesView & { readonly BYTES_PER_ELEMENT?: number }>> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
}

/**
 * Turns the value of an artifact into bytes: plain values as JSON, a buffer or typed array as its bytes (not copied),
 * what JSON cannot say (Map, Set, Date, bigint, NaN, undefined, nested typed arrays) as a structured clone.
 *
 * @param field The artifact's name, for the message of an error.
 * @throws FLOW_ARTIFACT_UNSTORABLE when something in the value would be lost or come back as something else
 *
 * @example
 * encodeArtifact('loss', [0.5, 0.25]) // { encoding: 'json', bytes: <5b 30 2e …> }
 */
export function encodeArtifact(field: string, value: unknown): EncodedArtifact {
  try {
    const storable = survey(value)
    return (
      encodeBytes(value) ??
      (storable === 'json' ? encodeJson(value) : undefined) ?? { encoding: 'v8', bytes: serialize(value) }
    )
  } catch (error) {
    throw describe(field, error)
  }
}

/**
 * The inverse of {@link encodeArtifact}. A typed array takes `bytes` without a copy where they have memory of their own.
 *
 * @param ref What the metadata says of the artifact; its encoding must not be 'file' or 'dir', which have no value.
 * @throws FLOW_BLOB_CORRUPT when the bytes are not what `ref` says
 */
export function decodeArtifact(ref: Pick<ArtifactRef, 'encoding' | 'type' | 'hash'>, bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    if (ref.encoding === 'json') {
      const value: unknown = JSON.parse(buffer.toString('utf8'))
      return ref.type === undefined ? value : Object.freeze(value)
    }
    if (ref.encoding === 'v8') return readClone(buffer)
    if (ref.encoding === 'bytes') return decodeBytes(ref.type ?? 'Buffer', buffer)
  } catch (cause) {
    throw new FlowError('FLOW_BLOB_CORRUPT', {
      message: `The stored value ${ref.hash} cannot be read as ${ref.type ?? ref.encoding}`,
      why: 'It was stored by another version of Node.js, or its record is damaged.',
      fix: 'Run the step that made it again.',
      details: { hash: ref.hash, encoding: ref.encoding },
      cause,
    })
  }
  throw new FlowError('FLOW_INTERNAL', { message: `A ${ref.encoding} artifact has no value to decode` })
}

function encodeBytes(value: unknown): EncodedArtifact | undefined {
  if (ArrayBuffer.isView(value)) {
    const type = Buffer.isBuffer(value) ? 'Buffer' : value.constructor.name
    // Float16Array and what comes later go by structured clone until every supported Node has them.
    if (type !== 'Buffer' && !Object.hasOwn(views, type)) return undefined
    return { encoding: 'bytes', type, bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) }
  }
  if (value instanceof ArrayBuffer) return { encoding: 'bytes', type: 'ArrayBuffer', bytes: new Uint8Array(value) }
  return undefined
}

function encodeJson(value: unknown): EncodedArtifact | undefined {
  try {
    return { encoding: 'json', bytes: Buffer.from(JSON.stringify(value), 'utf8') }
  } catch (error) {
    // Longer than a string can be (a structured clone can be longer).
    if (error instanceof RangeError && !isStackOverflow(error)) return undefined
    throw error
  }
}

function decodeBytes(type: string, bytes: Buffer): unknown {
  if (type === 'Buffer') return bytes
  if (type === 'ArrayBuffer') return ownBuffer(bytes)
  const View = Object.hasOwn(views, type) ? views[type] : undefined
  if (View === undefined) throw new TypeError(`unknown type ${type}`)
  const size = View.BYTES_PER_ELEMENT ?? 1
  if (bytes.byteLength % size !== 0) throw new RangeError(`${bytes.byteLength} bytes are no ${type}`)
  return new View(ownBuffer(bytes), 0, bytes.byteLength / size)
}

function readClone(bytes: Buffer): unknown {
  const reader = new CloneReader(bytes)
  reader.readHeader()
  return reader.readValue()
}

/** Node's own has typed arrays look at the memory that it reads from. */
class CloneReader extends DefaultDeserializer {
  _readHostObject(): unknown {
    // Part of Node's documented interface, but not of its types.
    const read: unknown = Reflect.get(DefaultDeserializer.prototype, '_readHostObject')
    const view: unknown = typeof read === 'function' ? Reflect.apply(read, this, []) : undefined
    if (!ArrayBuffer.isView(view) || Buffer.isBuffer(view)) return view
    const { buffer, byteOffset, byteLength } = view
    const View = view.constructor as BytesView & { readonly BYTES_PER_ELEMENT?: number }
    return new View(
      ownBuffer(Buffer.from(buffer, byteOffset, byteLength)),
      0,
      byteLength / (View.BYTES_PER_ELEMENT ?? 1),
    )
  }
}

/** `new Uint8Array(array.buffer)` is how programs get at the bytes of an array: its buffer holds them and nothing else. */
function ownBuffer(bytes: Buffer): ArrayBuffer {
  const { buffer, byteLength } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? buffer : new Uint8Array(bytes).buffer
}

function isStackOverflow(error: Error): boolean {
  return error.message.includes('call stack')
}

function describe(field: string, error: unknown): unknown {
  if (error instanceof Unstorable)
    return unstorable(`this.${field}${error.keys.toReversed().join('')}`, error.what, error.fix)
  if (error instanceof RangeError && isStackOverflow(error)) {
    return unstorable(
      `this.${field}`,
      'a value nested too deeply',
      'Store it flat, for example as an array of nodes with the indices of their children.',
    )
  }
  if (error instanceof Error)
    return unstorable(
      `this.${field}`,
      `a value that cannot be stored: ${error.message}`,
      'Store plain data instead.',
      error,
    )
  return error
}

function unstorable(path: string, what: string, fix: string, cause?: unknown): FlowError {
  return new FlowError('FLOW_ARTIFACT_UNSTORABLE', {
    message: `${path} cannot be stored: it is ${what}`,
    why: 'Artifacts are passed between processes as data, so what is no data would be lost on the way.',
    fix,
    details: { path },
    cause,
  })
}
