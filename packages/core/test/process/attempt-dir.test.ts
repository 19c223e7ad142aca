import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeAttemptDir, sweepAbandoned } from '../../src/process/attempt-dir.js'
import { FENCE_VARIABLE, startTime } from '../../src/process/fence.js'
import { exitOf, isAlive, shell } from './processes.js'

/** A directory as a run makes it, by a process of our choice. */
function dirOf(owner: unknown): string {
  const dir = mkdtempSync('/tmp/flow-')
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  writeFileSync(join(dir, 'owner'), typeof owner === 'string' ? owner : JSON.stringify(owner))
  return dir
}

describe.runIf(process.platform === 'linux')('the directory of an attempt', () => {
  test('is private and at a short path without spaces or colons', () => {
    const dir = makeAttemptDir(randomUUID())
    onTestFinished(() => rmSync(dir, { recursive: true }))
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(dir).toMatch(/^[^\s:]{1,30}$/)
  })

  test('is made in /tmp when TMPDIR is not there, and the sweep minds that no more', async () => {
    const { TMPDIR } = process.env
    onTestFinished(() => void (TMPDIR === undefined ? delete process.env['TMPDIR'] : (process.env['TMPDIR'] = TMPDIR)))
    process.env['TMPDIR'] = '/nowhere/at all'
    const dir = makeAttemptDir(randomUUID())
    onTestFinished(() => rmSync(dir, { recursive: true }))
    expect(dir).toMatch(/^\/tmp\/flow-/)
    await sweepAbandoned()
  })

  test('stays while its owner lives', async () => {
    const dir = makeAttemptDir(randomUUID())
    onTestFinished(() => rmSync(dir, { recursive: true }))
    await sweepAbandoned()
    expect(existsSync(dir)).toBe(true)
  })

  test('is swept with its processes when its owner is gone, also when another process has its id now', async () => {
    const fence = randomUUID()
    const { child } = await shell('echo ready; exec sleep 600', { [FENCE_VARIABLE]: `${fence}.1` })
    const dir = dirOf({ pid: process.pid, start: '1', fence })
    await sweepAbandoned()
    expect(existsSync(dir)).toBe(false)
    expect(await exitOf(child)).toEqual({ exitCode: null, signal: 'SIGKILL' })
  })

  test('one that is not ours is let alone, and so is everything when a fence would match too much', async () => {
    const { child } = await shell('echo ready; exec sleep 600', { [FENCE_VARIABLE]: 'abc' })
    const gone = { pid: 2 ** 22 + 1, start: '1' }
    const dirs = [
      dirOf('no JSON'),
      dirOf({ ...gone, fence: '' }),
      dirOf({ ...gone, fence: 'a' }),
      dirOf({ fence: randomUUID() }),
    ]
    await sweepAbandoned()
    expect(dirs.map(dir => existsSync(dir))).toEqual([true, true, true, true])
    expect(isAlive(child.pid ?? 0)).toBe(true)
    expect(startTime(gone.pid)).toBeUndefined()
  })
})
