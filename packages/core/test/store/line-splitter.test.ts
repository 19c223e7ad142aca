import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineSplitter, MAX_LINE } from '../../src/store/index.js'

interface Piece {
  readonly bytes: Buffer
  readonly complete: boolean
}

function split(chunks: readonly Buffer[]): readonly Piece[] {
  const pieces: Piece[] = []
  const splitter = new LineSplitter((bytes, complete) => pieces.push({ bytes: Buffer.from(bytes), complete }))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return pieces
}

function joined(pieces: readonly Piece[]): Buffer {
  return Buffer.concat(pieces.flatMap(({ bytes, complete }) => (complete ? [bytes, Buffer.from('\n')] : [bytes])))
}

/** `bytes` in chunks that end at the given places. */
function cut(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const ends = [...places.map(place => place % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b)
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}

test('every byte comes back, however the chunks were cut, and lines do not depend on the cuts', () => {
  const bytes = fc
    .array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\n'), fc.constant('\r\n'), fc.constant('é\n')))
    .map(parts => Buffer.from(parts.join('')))
  fc.assert(
    fc.property(bytes, fc.array(fc.nat()), (all, places) => {
      const pieces = split(cut(all, places))
      expect(joined(pieces).equals(all)).toBe(true)
      expect(pieces.map(({ bytes: line }) => line.toString())).toEqual(
        split([all]).map(({ bytes: line }) => line.toString()),
      )
    }),
  )
})

test.each([[[]], [[MAX_LINE]], [[1, MAX_LINE + 1, 100_000]], [Array.from({ length: 400 }, (_, index) => index * 997)]])(
  'a line of 300 KB comes in pieces that end between characters',
  places => {
    const all = Buffer.from(`${'a€'.repeat(75_000)}\nnext`)
    const pieces = split(cut(all, places))
    expect(joined(pieces).equals(all)).toBe(true)
    expect(pieces.length).toBeGreaterThan(4)
    for (const { bytes } of pieces) {
      expect(bytes.length).toBeLessThanOrEqual(MAX_LINE)
      expect(bytes.toString()).not.toContain('\ufffd')
    }
    expect(pieces.filter(({ complete }) => complete)).toHaveLength(1)
  },
)

test('bytes that are no text are cut at the limit', () => {
  const all = Buffer.alloc(MAX_LINE * 2 + 5, 0x80)
  expect(joined(split([all])).equals(all)).toBe(true)
})
