// @module-tag user
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { BlobStore, loadArtifact, loadArtifactSync, storeArtifact } from '../../src/store/index.js'
import { program } from './program.js'
import { tempHome } from './temp-home.js'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Files under the store's directory, temporary ones too. */
function files(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => entry.name)
}

describe.each([0, 1, 1000, 1024 * 1024, 1024 * 1024 + 1, 9 * 1024 * 1024 + 7])('%i bytes', size => {
  test('come back, and are stored once', async () => {
    const blobs = new BlobStore(tempHome('blobs'))
    const bytes = randomBytes(size)
    const hash = await blobs.put(bytes)
    expect(hash).toBe(sha256(bytes))
    expect(await blobs.put(bytes)).toBe(hash)
    expect((await blobs.get(hash)).equals(bytes)).toBe(true)
    expect(blobs.getSync(hash).equals(bytes)).toBe(true)
    expect(files(blobs.dir)).toEqual([hash.slice(2)])
  })

  test('go from file to file', async () => {
    const dir = tempHome()
    await mkdir(dir)
    const blobs = new BlobStore(join(dir, 'blobs'))
    const bytes = randomBytes(size)
    writeFileSync(join(dir, 'in'), bytes)
    expect(await blobs.putFile(join(dir, 'in'))).toEqual({ hash: sha256(bytes), size })
    await blobs.restoreFile({ hash: sha256(bytes) }, join(dir, 'out'), 0o755)
    expect(readFileSync(join(dir, 'out')).equals(bytes)).toBe(true)
    expect(readdirSync(dir).toSorted()).toEqual(['blobs', 'in', 'out'])
  })

  test('are found damaged', async () => {
    const blobs = new BlobStore(tempHome('blobs'))
    const bytes = randomBytes(Math.max(size, 1))
    const hash = await blobs.put(bytes)
    writeFileSync(blobs.path(hash), Buffer.concat([bytes.subarray(0, -1), Buffer.from([bytes.at(-1)! ^ 1])]))
    const damaged = expect.objectContaining({ code: 'FLOW_BLOB_CORRUPT', details: { hash, path: blobs.path(hash) } })
    await expect(blobs.get(hash)).rejects.toThrow(damaged)
    const out = join(dirname(blobs.dir), 'out')
    await expect(blobs.restoreFile({ hash }, out)).rejects.toThrow(damaged)
    expect(existsSync(out)).toBe(false)
  })
})

test('a large value that is still what it was loaded from is not written again; one that changed is', async () => {
  const blobs = new BlobStore(tempHome('blobs'))
  const before = await storeArtifact(blobs, 'data', randomBytes(20 * 1024 * 1024 + 5))
  const value = (await loadArtifact(blobs, before)) as Buffer
  expect(await storeArtifact(blobs, 'data', value, before)).toBe(before)
  expect(await blobs.isUnchanged(before.hash, value)).toBe(true)
  for (const at of [0, 9 * 1024 * 1024, value.byteLength - 1]) {
    value[at]! ^= 1
    expect(await blobs.isUnchanged(before.hash, value)).toBe(false)
    const after = await storeArtifact(blobs, 'data', value, before)
    expect(after).toEqual({ ...before, hash: sha256(value) })
    value[at]! ^= 1
  }
  expect(await blobs.isUnchanged(before.hash, value.subarray(1))).toBe(false)
})

test('what a killed process left half-written is swept, what is being written is not', async () => {
  const blobs = new BlobStore(tempHome('blobs'))
  await blobs.sweep()
  const temp = join(blobs.dir, '.tmp')
  await mkdir(temp, { recursive: true })
  for (const name of ['old', 'new']) writeFileSync(join(temp, name), 'half')
  const twoHoursAgo = Date.now() / 1000 - 2 * 60 * 60
  utimesSync(join(temp, 'old'), twoHoursAgo, twoHoursAgo)
  await blobs.sweep()
  expect(readdirSync(temp)).toEqual(['new'])
})

test('a blob cut short is healed by putting it again', async () => {
  const blobs = new BlobStore(tempHome('blobs'))
  const hash = await blobs.put(Buffer.from('hello'))
  truncateSync(blobs.path(hash), 2)
  await blobs.put(Buffer.from('hello'))
  expect((await blobs.get(hash)).toString()).toBe('hello')
})

test('a missing blob is named', async () => {
  const blobs = new BlobStore(tempHome('blobs'))
  const hash = 'a'.repeat(64)
  expect(blobs.has(hash)).toBe(false)
  await expect(blobs.get(hash)).rejects.toThrow(
    expect.objectContaining({ code: 'FLOW_BLOB_MISSING', details: { hash, path: blobs.path(hash) } }),
  )
})

test('text is compressed where that pays, and read by the same hash', async () => {
  const blobs = new BlobStore(tempHome('blobs'))
  const rows = Array.from({ length: 50_000 }, (_, index) => ({ name: `row ${index}`, value: index % 7 }))
  for (const value of [rows.slice(0, 2000), rows]) {
    const ref = await storeArtifact(blobs, 'rows', value)
    const found = blobs.locate(ref.hash)
    expect(found).toEqual({ path: `${blobs.path(ref.hash)}.zst`, compressed: true })
    expect(readFileSync(found!.path).length).toBeLessThan(ref.size / 2)
    expect(await loadArtifact(blobs, ref)).toEqual(value)
    expect(loadArtifactSync(blobs, ref)).toEqual(value)
    truncateSync(found!.path, 100)
    await expect(blobs.get(ref.hash)).rejects.toThrow(expect.objectContaining({ code: 'FLOW_BLOB_CORRUPT' }))
  }
  const noise = await storeArtifact(
    blobs,
    'noise',
    randomBytes(100_000)
      .toString('latin1')
      .replaceAll(/[^\x80-\xff]/g, 'x'),
  )
  expect(await loadArtifact(blobs, noise)).toHaveLength(100_000)
})

test('several processes put the same contents at the same time', async () => {
  const dir = tempHome()
  const put = await program('put-blobs', dir)
  const outputs = await Promise.all([1, 2, 3, 4].map(() => put(join(dir, 'blobs'))))
  expect(new Set(outputs).size).toBe(1)
  const hashes = outputs[0]!.trim().split('\n')
  expect(files(join(dir, 'blobs')).toSorted()).toEqual(hashes.map(hash => hash.slice(2)).toSorted())
})

test.skipIf(process.getuid?.() === 0)('a directory that cannot be written is a coded error', async () => {
  const dir = tempHome()
  await mkdir(dir)
  chmodSync(dir, 0o500)
  await expect(new BlobStore(join(dir, 'blobs')).put(Buffer.from('x'))).rejects.toThrow(
    expect.objectContaining({ code: 'FLOW_STORE_READONLY' }),
  )
})
