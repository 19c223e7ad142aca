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
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { BlobStore, putTree, readTree, restorePath, restoreTree, storePath } from '../../src/store/index.js'
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

test('a file and a directory keep their permission bits, whatever the umask', async () => {
  const root = tempHome('modes')
  mkdirSync(root)
  const blobs = new BlobStore(join(root, 'blobs'))
  const umask = process.umask(0o077)
  onTestFinished(() => void process.umask(umask))
  // Text is stored compressed, random bytes are not.
  for (const bytes of [Buffer.from('echo hello\n'.repeat(1_000)), randomBytes(10_000)]) {
    for (const mode of [0o755, 0o640, 0o400]) {
      writeFileSync(join(root, 'script'), bytes)
      chmodSync(join(root, 'script'), mode)
      const ref = await storePath(blobs, join(root, 'script'))
      expect(ref.mode).toBe(mode)
      await restorePath(blobs, ref, join(root, 'back'))
      expect(statSync(join(root, 'back')).mode & 0o777).toBe(mode)
      chmodSync(join(root, 'script'), 0o600)
    }
  }
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'folder/file'), 'x')
  chmodSync(join(root, 'folder'), 0o550)
  const ref = await storePath(blobs, join(root, 'folder'))
  await restorePath(blobs, ref, join(root, 'folder-back'))
  expect(statSync(join(root, 'folder-back')).mode & 0o777).toBe(0o550)
  for (const folder of ['folder', 'folder-back']) chmodSync(join(root, folder), 0o700)
  // An older Flow stored no mode.
  const { mode: _, ...old } = await storePath(blobs, join(root, 'script'))
  await restorePath(blobs, old, join(root, 'back'))
  expect(statSync(join(root, 'back')).mode & 0o777).toBe(0o644)
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
