// @module-tag user
import { DatabaseSync } from 'node:sqlite'
import { chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { migrations } from '../../src/store/migrations/index.js'
import { type ArtifactRef, Metadata, type Verdict } from '../../src/store/index.js'
import { program } from './program.js'
import { tempHome } from './temp-home.js'

function newHome(): string {
  const home = tempHome()
  mkdirSync(home)
  return home
}

function ref(hash: string): ArtifactRef {
  return { hash, encoding: 'json', size: 1 }
}

test('a run is read back as it was written, by another process or a later one too', () => {
  const home = newHome()
  const verdict: Verdict = {
    outcome: 'user-error',
    message: 'rank 3 on node 1 exited with 3',
    victims: [],
    timeline: { barrier: 12 },
  }
  {
    using metadata = Metadata.open(home)
    expect(
      metadata.createRun({
        flow: 'Train',
        parameters: { lr: 0.1 },
        tags: ['b', 'a', 'a'],
        user: 'me',
        packageHash: 'ab',
        startedAt: 5,
        pid: 7,
      }),
    ).toBe('1')
    expect(metadata.createTask('1', 'start')).toBe('1')
    expect(
      metadata.createTask('1', 'fit', {
        foreachStack: [{ step: 'start', field: 'xs', index: 2, size: 3 }],
        parents: ['Train/1/start/1'],
      }),
    ).toBe('2')
    metadata.startAttempt('Train/1/fit/2', 0, { nodes: 2, startedAt: 6 })
    metadata.commitAttempt({ path: 'Train/1/fit/2', attempt: 0, outcome: 'user-error', verdict, endedAt: 9 })
    metadata.startAttempt('Train/1/fit/2', 1, { nodes: 2, startedAt: 10.4 })
    metadata.appendEvent('1', { at: 1, type: 'warning', message: 'x' } as { at: number })
    metadata.appendEvent('1', { at: 2.5 })
    metadata.commitAttempt({
      path: 'Train/1/fit/2',
      attempt: 1,
      outcome: 'ok',
      artifacts: [{ a: ref('h0') }, { a: ref('h1'), b: { ...ref('h2'), encoding: 'bytes', type: 'Buffer' } }],
      transition: { targets: ['end'] },
      endedAt: 12,
    })
    expect(metadata.finishRun('1', 'ok', 13)).toBe(true)
    expect(metadata.finishRun('1', 'lost')).toBe(false)
  }
  using metadata = Metadata.open(home)
  expect(metadata.flows()).toEqual(['Train'])
  expect(metadata.runs()).toEqual(metadata.runs('Train'))
  expect(metadata.runs('Other')).toEqual([])
  const withTags = (...tags: readonly string[]): number => metadata.runs('Train', 9, tags).length
  expect([withTags('a'), withTags('a', 'b'), withTags('a', 'c'), metadata.runs(undefined, 9, ['b']).length]).toEqual([
    1, 1, 0, 1,
  ])
  expect(metadata.run('Train/1')).toEqual({
    flow: 'Train',
    runId: '1',
    parameters: { lr: 0.1 },
    tags: ['a', 'b'],
    user: 'me',
    packageHash: 'ab',
    pid: 7,
    startedAt: 5,
    endedAt: 13,
    outcome: 'ok',
  })
  expect(metadata.run('Other/1')).toBeUndefined()
  expect(metadata.steps('Train/1')).toEqual([
    { step: 'start', tasks: 1 },
    { step: 'fit', tasks: 1 },
  ])
  expect(metadata.tasks('Train/1').map(task => task.path)).toEqual(['Train/1/start/1', 'Train/1/fit/2'])
  expect(metadata.tasks('Train/1/fit')).toMatchObject([{ foreachStack: [{ index: 2 }], parents: ['Train/1/start/1'] }])
  expect(metadata.task('Train/1/start/2')).toBeUndefined()
  expect(metadata.attempts('Train/1/fit/2')).toEqual([
    { path: 'Train/1/fit/2', attempt: 0, nodes: 2, startedAt: 6, endedAt: 9, outcome: 'user-error', verdict },
    {
      path: 'Train/1/fit/2',
      attempt: 1,
      nodes: 2,
      startedAt: 10,
      endedAt: 12,
      outcome: 'ok',
      transition: { targets: ['end'] },
    },
  ])
  expect(metadata.artifacts('Train/1/fit/2')).toEqual({ a: ref('h0') })
  expect(metadata.artifacts('Train/1/fit/2@1')).toEqual({
    a: ref('h1'),
    b: { hash: 'h2', encoding: 'bytes', size: 1, type: 'Buffer' },
  })
  expect(metadata.artifacts('Train/1/fit/2', 0)).toEqual({})
  expect(metadata.events('Train/1')).toEqual([{ at: 1, type: 'warning', message: 'x' }, { at: 2.5 }])
})

test('an attempt is committed once, and never after a later one began', () => {
  using metadata = Metadata.open(newHome())
  const path = `F/${metadata.createRun({ flow: 'F', parameters: {} })}/a/${metadata.createTask('1', 'a')}`
  expect(metadata.commitAttempt({ path, attempt: 0, outcome: 'ok' })).toBe(false)
  metadata.startAttempt(path, 0)
  expect(metadata.commitAttempt({ path, attempt: 0, outcome: 'ok', artifacts: [{ a: ref('first') }] })).toBe(true)
  expect(metadata.commitAttempt({ path, attempt: 0, outcome: 'lost', artifacts: [{ a: ref('second') }] })).toBe(false)
  expect(metadata.artifacts(path)).toEqual({ a: ref('first') })
  expect(metadata.attempts(path)[0]?.outcome).toBe('ok')

  const other = `F/1/b/${metadata.createTask('1', 'b')}`
  metadata.startAttempt(other, 0)
  metadata.startAttempt(other, 1)
  expect(metadata.commitAttempt({ path: other, attempt: 0, outcome: 'ok', artifacts: [{ a: ref('stale') }] })).toBe(
    false,
  )
  expect(metadata.artifacts(other)).toEqual({})
})

test('tags are added and removed', () => {
  using metadata = Metadata.open(newHome())
  const runId = metadata.createRun({ flow: 'F', parameters: {}, tags: ['x'] })
  metadata.addTag(runId, 'y')
  metadata.removeTag(runId, 'x')
  expect(metadata.run('F/1')?.tags).toEqual(['y'])
})

test('several orchestrators share a new home from their first moment', async () => {
  const home = newHome()
  const makeRuns = await program('make-runs', dirname(home))
  const outputs = await Promise.all([1, 2, 3, 4].map(() => makeRuns(home)))
  const ids = outputs.flatMap(output => output.trim().split('\n').map(Number))
  expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, index) => index + 1))
  using metadata = Metadata.open(home)
  expect(
    metadata.runs('Shared').every(run => run.outcome === 'ok' && metadata.tasks(`Shared/${run.runId}`).length === 1),
  ).toBe(true)
})

describe('a database that cannot be used is a coded error', () => {
  test('text in its place', () => {
    const home = newHome()
    writeFileSync(join(home, 'meta.db'), 'this is no database, whatever its name says\n'.repeat(100))
    expect(() => Metadata.open(home)).toThrow(
      expect.objectContaining({ code: 'FLOW_STORE_CORRUPT', fix: expect.stringContaining(join(home, 'meta.db')) }),
    )
    expect(readFileSync(join(home, 'meta.db'), 'utf8')).toContain('this is no database')
  })

  test('pages overwritten', () => {
    const home = newHome()
    {
      using metadata = Metadata.open(home)
      for (let index = 0; index < 200; index++) metadata.createRun({ flow: 'F', parameters: { text: 'x'.repeat(500) } })
    }
    const bytes = readFileSync(join(home, 'meta.db'))
    bytes.fill(0xab, 4096)
    writeFileSync(join(home, 'meta.db'), bytes)
    expect(() => {
      using metadata = Metadata.open(home)
      metadata.runs()
    }).toThrow(expect.objectContaining({ code: 'FLOW_STORE_CORRUPT' }))
  })

  test('cut short', () => {
    const home = newHome()
    Metadata.open(home).close()
    truncateSync(join(home, 'meta.db'), 5000)
    expect(() => {
      using metadata = Metadata.open(home)
      metadata.createRun({ flow: 'F', parameters: {} })
    }).toThrow(expect.objectContaining({ code: 'FLOW_STORE_CORRUPT' }))
  })

  test('of another program', () => {
    const home = newHome()
    const other = new DatabaseSync(join(home, 'meta.db'))
    other.exec('create table mine (a)')
    other.close()
    expect(() => Metadata.open(home)).toThrow(expect.objectContaining({ code: 'FLOW_STORE_CORRUPT' }))
  })

  test('of an older Flow is brought up to date, with all it has', () => {
    const home = newHome()
    const old = new DatabaseSync(join(home, 'meta.db'))
    old.exec(migrations[0] ?? '')
    old.exec('pragma user_version = 1; pragma application_id = 0x466c6f77')
    old.exec(`insert into runs (flow, parameters, started_at) values ('F', '{}', 1);
      insert into tasks values (1, 1, 'start', '[]', '[]', 1);
      insert into attempts values (1, 1, 0, 1, 1, 2, 'ok', null, null);
      insert into artifacts values (1, 1, 0, 0, 'model', 'ab', 'file', 3, 'model.bin')`)
    old.close()
    {
      using metadata = Metadata.open(home)
      const model = { hash: 'ab', encoding: 'file', size: 3, type: 'model.bin' } as const
      expect(metadata.artifacts('F/1/start/1')).toEqual({ model })
      metadata.startAttempt('F/1/start/1', 1)
      metadata.commitAttempt({
        path: 'F/1/start/1',
        attempt: 1,
        outcome: 'ok',
        artifacts: [{ model: { ...model, mode: 0o755 } }],
      })
    }
    using again = Metadata.open(home)
    expect(again.artifacts('F/1/start/1')['model']?.mode).toBe(0o755)
  })

  test('of a newer Flow', () => {
    const home = newHome()
    Metadata.open(home).close()
    const db = new DatabaseSync(join(home, 'meta.db'))
    db.exec('pragma user_version = 99')
    db.close()
    expect(() => Metadata.open(home)).toThrow(
      expect.objectContaining({ code: 'FLOW_STORE_NEWER', details: expect.objectContaining({ found: 99 }) }),
    )
  })

  test('a directory that is not there', () => {
    expect(() => Metadata.open(tempHome('none'))).toThrow(expect.objectContaining({ code: 'FLOW_STORE_READONLY' }))
  })

  test.skipIf(process.getuid?.() === 0)('not writable', () => {
    const home = newHome()
    chmodSync(home, 0o500)
    expect(() => Metadata.open(home)).toThrow(expect.objectContaining({ code: 'FLOW_STORE_READONLY' }))
  })
})
