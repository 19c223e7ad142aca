import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BlobLink, type BlobMessage } from '../../src/gang/blob-link.js'
import { BlobStore } from '../../src/store/index.js'

let root: string
let here: BlobStore
let there: BlobStore
let link: BlobLink
let other: BlobLink
let sent: BlobMessage[]
/** Changes what arrives there. */
let tamper: (message: BlobMessage) => BlobMessage | undefined

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'blob-link-'))
  here = new BlobStore(join(root, 'here'))
  there = new BlobStore(join(root, 'there'))
  sent = []
  tamper = message => message
  link = new BlobLink(here, message => {
    sent.push(message)
    const arrived = tamper(message)
    if (arrived !== undefined) setImmediate(() => other.receive(arrived))
  })
  other = new BlobLink(there, message => setImmediate(() => link.receive(message)))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('what the other store lacks is sent, and only that; compressed blobs stay so', async () => {
  const large = randomBytes(3_000_000)
  const text = Buffer.from('again and again '.repeat(100_000))
  const known = Buffer.from('known')
  const hashes = [
    await here.put(large),
    await here.put(text, { compress: true }),
    await here.put(known),
    await here.put(Buffer.alloc(0)),
  ]
  await there.put(known)
  await link.offer(hashes)
  expect(await Promise.all(hashes.map(async hash => (await there.get(hash)).length))).toEqual([
    3_000_000, 1_600_000, 5, 0,
  ])
  expect(there.locate(hashes[1]!)?.compressed).toBe(true)
  expect(sent.filter(message => message.step === 'part' && message.hash === hashes[2])).toEqual([])
})

test('a blob is fetched once, however many ask; one that is nowhere is refused', async () => {
  const hash = await there.put(randomBytes(200_000))
  await Promise.all([link.fetch(hash), link.fetch(hash)])
  expect(here.has(hash)).toBe(true)
  expect(sent.filter(message => message.step === 'want')).toHaveLength(1)
  await link.fetch(hash)
  await expect(link.fetch('0'.repeat(64))).rejects.toMatchObject({ code: 'FLOW_BLOB_MISSING' })
})

test('no more than a window of it is on its way while nobody writes', async () => {
  const hash = await here.put(randomBytes(5_000_000))
  // It never arrives, so that nothing is written.
  tamper = message => (message.step === 'part' ? undefined : message)
  const offered = link.offer([hash])
  await expect.poll(() => sent.filter(message => message.step === 'part').length).toBe(16)
  link.close(new Error('the link ended'))
  await expect(offered).rejects.toThrow('the link ended')
  await expect(link.offer([hash])).rejects.toThrow('the link ended')
})

test('changed on the way: not stored', async () => {
  const hash = await here.put(randomBytes(100_000))
  tamper = message => (message.step === 'part' ? { ...message, bytes: message.bytes.map(byte => byte ^ 1) } : message)
  await expect(link.offer([hash])).rejects.toMatchObject({ code: 'FLOW_BLOB_CORRUPT' })
  expect(there.has(hash)).toBe(false)
})

test('what the other disk says comes back', async () => {
  const hash = await here.put(randomBytes(5_000_000))
  // A file where the folder of half-written blobs should be.
  mkdirSync(dirname(there.dir), { recursive: true })
  writeFileSync(there.dir, '')
  chmodSync(there.dir, 0o600)
  await expect(link.offer([hash])).rejects.toThrow(/ENOTDIR|EEXIST|not a directory/)
})
