import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BlobStore, LogWriter, Metadata, resolveHome } from '../../src/store/index.js'
import { tempHome } from './temp-home.js'

// A real full disk needs a file system of our own, which only root can mount.
const canMount = process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0 && tryMount()
const full = expect.objectContaining({ code: 'FLOW_STORE_FULL', details: { path: expect.stringContaining('/') } })

function tryMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'flow-store-'))
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]).status === 0
  if (isMounted) execFileSync('umount', [dir])
  rmdirSync(dir)
  return isMounted
}

function smallDisk(): string {
  const dir = tempHome('disk')
  mkdirSync(dir, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dir])
  onTestFinished(() => void execFileSync('umount', ['-l', dir]))
  return dir
}

function fill(dir: string): void {
  try {
    for (let index = 0; ; index++) writeFileSync(join(dir, `filler${index}`), Buffer.alloc(index < 64 ? 32_768 : 4096))
  } catch {
    // full now
  }
}

describe.skipIf(!canMount)('on a full disk', () => {
  test('a blob is not stored, and leaves nothing behind', async () => {
    const dir = smallDisk()
    const blobs = new BlobStore(join(dir, 'blobs'))
    const kept = await blobs.put(Buffer.from('kept'))
    await expect(blobs.put(randomBytes(8_000_000))).rejects.toThrow(full)
    await expect(
      blobs
        .put(randomBytes(500_000))
        .then(async () => blobs.put(randomBytes(1_000_000)))
        .then(async () => blobs.put(randomBytes(1_000_000))),
    ).rejects.toThrow(full)
    expect(readdirSync(join(dir, 'blobs/.tmp'))).toEqual([])
    expect((await blobs.get(kept)).toString()).toBe('kept')
  })

  test('the database says so, and keeps what it has', () => {
    const dir = smallDisk()
    using metadata = Metadata.open(dir)
    expect(metadata.createRun({ flow: 'F', parameters: {} })).toBe('1')
    fill(dir)
    expect(() => {
      for (;;) metadata.createRun({ flow: 'F', parameters: { text: 'x'.repeat(10_000) } })
    }).toThrow(full)
    expect(metadata.run('F/1')?.flow).toBe('F')
  })

  test('a new database says so', () => {
    const dir = smallDisk()
    fill(dir)
    expect(() => Metadata.open(dir)).toThrow(full)
  })

  test('a log says so', async () => {
    const dir = smallDisk()
    const log = new LogWriter(join(dir, 'node0.log'))
    log.write('stdout', Buffer.alloc(3_000_000, 'a line of text\n'))
    await expect(log.flush()).rejects.toThrow(full)
    await expect(log.close()).rejects.toThrow(full)
  })

  test('a home says so', () => {
    const dir = smallDisk()
    fill(dir)
    expect(() => resolveHome('flow.ts', { FLOW_HOME: join(dir, 'home') })).toThrow(full)
  })
})
