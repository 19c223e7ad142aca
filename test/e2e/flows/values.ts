import { deepStrictEqual } from 'node:assert'
import { Flow, step } from '@flow/core'

const expected = {
  floats: new Float64Array([1.5, -0, NaN, Infinity]),
  bytes: new Uint8Array([0, 255, 128]),
  buffer: Buffer.from('bytes ü'),
  map: new Map<string, unknown>([
    ['a', 1],
    ['b', new Set([1, 'two'])],
  ]),
  date: new Date('2026-01-02T03:04:05.678Z'),
  text: 'ünïcode 𝄞 \u0000 end',
  nothing: null,
  big: 12345678901234567890n,
  nested: { list: [1, [2, { three: 3 }]], yes: true },
}

export default class Values extends Flow {
  floats?: Float64Array
  bytes?: Uint8Array
  buffer?: Buffer
  map?: Map<string, unknown>
  date?: Date
  text?: string
  nothing?: null
  big?: bigint
  nested?: object

  @step start() {
    Object.assign(this, expected)
    this.next(this.end)
  }

  @step end() {
    for (const [name, value] of Object.entries(expected)) deepStrictEqual(Reflect.get(this, name), value, name)
    console.log('all values are equal')
  }
}
