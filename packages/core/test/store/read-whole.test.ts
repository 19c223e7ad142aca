import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readWhole } from '../../src/store/read-whole.js'
import { sha256 } from '../../src/store/sha256.js'
import { tempHome } from './temp-home.js'

test.each([0, 1, 7, 8, 20])('a file of %i bytes is read in parts, into memory of its own', size => {
  const file = tempHome('file')
  const content = Buffer.from(Array.from({ length: size }, (_, i) => i))
  writeFileSync(file, content)
  const bytes = readWhole(file, 7)
  expect(bytes).toEqual(content)
  expect(bytes.buffer.byteLength).toBe(size)
  expect(sha256(bytes, 7)).toBe(sha256(content))
})
