import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BlobStore, putTree, readTree, restoreTree, storePath } from '../../src/store/index.js'
import { tempHome } from './temp-home.js'

function makeTree(root: string): void {
  mkdirSync(join(root, 'a b/ü'), { recursive: true })
  mkdirSync(join(root, 'empty'))
  writeFileSync(join(root, 'a b/ü/run.sh'), '#!/bin/sh\n')
  chmodSync(join(root, 'a b/ü/run.sh'), 0o755)
  writeFileSync(join(root, 'data'), Buffer.alloc(2_000_000, 7))
  writeFileSync(join(root, 'same'), Buffer.alloc(2_000_000, 7))
  symlinkSync('../data', join(root, 'a b/link'))
}

test('a directory comes back as it was', async () => {
  const root = tempHome('tree')
  makeTree(root)
  const blobs = new BlobStore(join(root, '../blobs'))
  const ref = await storePath(blobs, root, 'out/tree')
  expect(ref).toMatchObject({ encoding: 'dir', size: 4_000_010, type: 'out/tree' })
  expect(await putTree(blobs, root)).toEqual({ hash: ref.hash, size: ref.size })

  const back = join(root, '../back')
  await restoreTree(blobs, ref, back)
  expect(execFileSync('diff', ['-r', '--no-dereference', root, back]).toString()).toBe('')
  expect(statSync(join(back, 'a b/ü/run.sh')).mode & 0o777).toBe(0o755)
  expect(readlinkSync(join(back, 'a b/link'))).toBe('../data')
  expect(statSync(join(back, 'empty')).isDirectory()).toBe(true)
})

test('it replaces what is in the way and leaves the rest', async () => {
  const root = tempHome('tree')
  makeTree(root)
  const blobs = new BlobStore(join(root, '../blobs'))
  const ref = await putTree(blobs, root)
  const back = join(root, '../back')
  const outside = join(root, '../outside')
  mkdirSync(join(back, 'data'), { recursive: true })
  mkdirSync(outside)
  symlinkSync(outside, join(back, 'a b'))
  writeFileSync(join(back, 'mine'), 'mine')
  await restoreTree(blobs, ref, back)
  expect(lstatSync(join(back, 'a b')).isDirectory()).toBe(true)
  expect(existsSync(join(outside, 'ü'))).toBe(false)
  expect(readFileSync(join(back, 'mine'), 'utf8')).toBe('mine')
  expect(readFileSync(join(back, 'data')).length).toBe(2_000_000)
})

test('a listing that leaves its directory is refused', async () => {
  const dir = tempHome('x')
  const blobs = new BlobStore(join(dir, 'blobs'))
  const file = await blobs.put(Buffer.from('x'))
  for (const path of ['../x', '/x', 'a/../../x', '', 'a//b']) {
    const hash = await blobs.put(Buffer.from(JSON.stringify([{ path, mode: 0o644, hash: file, size: 1 }])))
    await expect(readTree(blobs, { hash })).rejects.toThrow(expect.objectContaining({ code: 'FLOW_BLOB_CORRUPT' }))
  }
})

test('a pipe is refused by name', async () => {
  const root = tempHome('tree')
  mkdirSync(root)
  execFileSync('mkfifo', [join(root, 'pipe')])
  await expect(putTree(new BlobStore(join(root, '../blobs')), root)).rejects.toThrow(
    expect.objectContaining({ code: 'FLOW_ARTIFACT_UNSTORABLE', message: expect.stringContaining('pipe') }),
  )
})
