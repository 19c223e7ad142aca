import fc from 'fast-check'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { decodeArtifact, encodeArtifact } from '../../src/store/index.js'

function roundTrip(value: unknown): { readonly encoding: string; readonly value: unknown } {
  const encoded = encodeArtifact('field', value)
  // As a process of its own would get it: other memory, at an odd offset.
  const memory = Buffer.concat([Buffer.from('x'), encoded.bytes]).subarray(1)
  return { encoding: encoded.encoding, value: decodeArtifact({ ...encoded, hash: '' }, memory) }
}

describe('what comes back is what was stored', () => {
  test.each([
    ['json', null],
    ['json', 'text \ud800 ✓'],
    ['json', { a: [1, true, null, { b: '' }], __proto__x: 1 }],
    ['json', JSON.parse('{"__proto__": {"a": 1}}')],
    ['v8', undefined],
    ['v8', -0],
    ['v8', Number.NaN],
    ['v8', [1, Infinity]],
    ['v8', { a: undefined }],
    // oxlint-disable-next-line no-sparse-arrays
    ['v8', [1, , 3]],
    ['v8', 10n ** 30n],
    ['v8', new Date(0)],
    ['v8', new Map([[{ a: 1 }, new Set([1, 'x'])]])],
    ['v8', { weights: new Float32Array([1, 2, 3]), raw: Buffer.from('abc') }],
    ['v8', /a+/g],
    ['bytes', Buffer.from('hello')],
    ['bytes', new Uint8Array([1, 2, 3]).buffer],
    ['bytes', new Float64Array([1.5, -2.5])],
    ['bytes', new BigInt64Array([-1n])],
    ['bytes', new Uint16Array(new Uint8Array([0, 0, 1, 0, 2, 0]).buffer, 2, 2)],
    ['bytes', new Float64Array()],
  ])('%s: %o', (encoding, value) => {
    const stored = roundTrip(value)
    expect(stored.encoding).toBe(encoding)
    expect(stored.value).toStrictEqual(value)
    expect(Object.getPrototypeOf(stored.value ?? {})).toBe(Object.getPrototypeOf(value ?? {}))
  })

  test('any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(roundTrip(value).value).toStrictEqual(value)
      }),
    )
  })

  test('any typed array', () => {
    const arrays = fc.oneof(fc.float64Array(), fc.int16Array(), fc.uint8ClampedArray(), fc.bigInt64Array())
    fc.assert(
      fc.property(arrays, value => {
        expect(roundTrip(value).value).toStrictEqual(value)
      }),
    )
  })

  test('arrays whose buffer holds their bytes and nothing else', () => {
    const { whole, nested } = {
      whole: roundTrip(new Float32Array([1, 2])).value as Float32Array,
      nested: roundTrip({ floats: new Float32Array([1, 2]), view: new DataView(new ArrayBuffer(3)) }).value as {
        floats: Float32Array
        view: DataView
      },
    }
    for (const array of [whole, nested.floats]) {
      expect(array.byteOffset).toBe(0)
      expect(new Float32Array(array.buffer)).toEqual(new Float32Array([1, 2]))
    }
    expect([nested.view.byteOffset, nested.view.buffer.byteLength]).toEqual([0, 3])
  })

  test('a cycle', () => {
    const node: { name: string; self?: unknown } = { name: 'a' }
    node.self = node
    const { value } = roundTrip(node)
    expect((value as typeof node).self).toBe(value)
  })

  test('shared parts whose JSON would be endless', () => {
    let value: unknown = 'leaf'
    for (let depth = 0; depth < 40; depth++) value = [value, value, new Date(0)]
    expect(roundTrip(value).encoding).toBe('v8')
  })

  test('a plain object of another realm', () => {
    expect(roundTrip(runInNewContext('({ a: [1], m: new Map([[1, 2]]) })')).value).toEqual({
      a: [1],
      m: new Map([[1, 2]]),
    })
  })
})

class Model {
  weights = [1]
}
class Numbers extends Array<number> {}

describe('what would be lost is refused, by its place', () => {
  test.each([
    ['this.model', 'an instance of Model', new Model()],
    ['this.model.layers[1].act', 'a function (relu)', { layers: [{}, { act: function relu() {} }] }],
    ['this.model["two words"]', 'a symbol', { 'two words': Symbol('x') }],
    ['this.model.p', 'a Promise', { p: Promise.resolve(1) }],
    ['this.model<value of "k">', 'an instance of Model', new Map([['k', new Model()]])],
    ['this.model<entry 0>', 'an instance of Model', new Set([new Model()])],
    ['this.model[0]', 'a Proxy', [new Proxy({}, {})]],
    ['this.model', 'an instance of Numbers', Numbers.from([1])],
    ['this.model', 'an error (TypeError)', new TypeError('x')],
    ['this.model', 'a WeakMap', new WeakMap()],
    ['this.model', 'an array with properties of its own', Object.assign([1], { extra: 1 })],
    ['this.model', 'an object with symbol keys', { [Symbol('x')]: 1 }],
    ['this.model.a', 'memory shared between threads', { a: new Int32Array(new SharedArrayBuffer(4)) }],
  ])('%s: %s', (path, what, value) => {
    expect(() => encodeArtifact('model', value)).toThrow(
      expect.objectContaining({
        code: 'FLOW_ARTIFACT_UNSTORABLE',
        message: `${path} cannot be stored: it is ${what}`,
        fix: expect.any(String),
      }),
    )
  })

  test('a value nested too deeply', () => {
    let value: unknown = 0
    for (let depth = 0; depth < 100_000; depth++) value = [value]
    expect(() => encodeArtifact('deep', value)).toThrow(expect.objectContaining({ code: 'FLOW_ARTIFACT_UNSTORABLE' }))
  })
})

test('damaged bytes are a coded error', () => {
  expect(() => decodeArtifact({ encoding: 'json', hash: 'h' }, Buffer.from('{'))).toThrow(
    expect.objectContaining({ code: 'FLOW_BLOB_CORRUPT' }),
  )
  expect(() => decodeArtifact({ encoding: 'bytes', type: 'Float64Array', hash: 'h' }, Buffer.alloc(7))).toThrow(
    expect.objectContaining({ code: 'FLOW_BLOB_CORRUPT' }),
  )
})
