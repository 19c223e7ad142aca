import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { client } from '../../src/client/index.js'
import { type Artifacts, LogWriter, resolveHome, Store, storeArtifact, storePath } from '../../src/store/index.js'
import { tempHome } from '../store/temp-home.js'

interface Made {
  readonly home: string
  readonly store: Store
}

/** One run of a flow: start, then a gang of two nodes. */
async function makeRun(): Promise<Made> {
  const home = resolveHome('flow.ts', { FLOW_HOME: tempHome() })
  const store = Store.open(home)
  const { metadata, blobs } = store
  metadata.createRun({ flow: 'Train', parameters: { lr: 1 } })
  metadata.createTask('1', 'start')
  metadata.startAttempt('Train/1/start/1', 0)
  metadata.commitAttempt({
    path: 'Train/1/start/1',
    attempt: 0,
    outcome: 'ok',
    artifacts: [{ data: await storeArtifact(blobs, 'data', [1, 2]) }],
  })
  metadata.createTask('1', 'fit', { parents: ['Train/1/start/1'] })
  metadata.startAttempt('Train/1/fit/2', 0, { nodes: 2 })
  return { home, store }
}

async function finish({ store }: Made): Promise<void> {
  const artifacts: Artifacts[] = []
  for (const node of [0, 1]) {
    artifacts.push({
      node: await storeArtifact(store.blobs, 'node', node),
      code: await storePath(store.blobs, import.meta.filename),
    })
  }
  store.metadata.commitAttempt({
    path: 'Train/1/fit/2',
    attempt: 0,
    outcome: 'ok',
    verdict: { outcome: 'ok', message: 'done', victims: [], timeline: {} },
    artifacts,
  })
  store.metadata.finishRun('1', 'ok')
  store.close()
}

test('flow, run, step, task, artifact', async () => {
  const made = await makeRun()
  await finish(made)
  using reader = client(made.home)
  expect(reader.flows().map(flow => flow.name)).toEqual(['Train'])
  const run = reader.flow('Train').latestRun()
  expect(run.path).toBe('Train/1')
  expect(run.outcome).toBe('ok')
  expect(run.steps().map(step => step.name)).toEqual(['start', 'fit'])
  expect(await run.step('start').tasks()[0]!.artifact('data')).toEqual([1, 2])

  expect(await reader.task('Train/1/fit/2').artifact('node')).toBe(0)
  const node = reader.task('Train/1/fit/2@1')
  expect(await node.artifact('node')).toBe(1)
  expect(node.nodes).toBe(2)
  expect(node.verdict?.message).toBe('done')
  await node.restore('code', join(made.home, 'code.ts'))
  expect(readFileSync(join(made.home, 'code.ts'), 'utf8')).toBe(readFileSync(import.meta.filename, 'utf8'))
  await expect(node.artifact('code')).rejects.toThrow(expect.objectContaining({ code: 'FLOW_ARTIFACT_MISSING' }))
  await expect(node.artifact('toString')).rejects.toThrow(
    expect.objectContaining({ code: 'FLOW_ARTIFACT_MISSING', why: 'It has: code, node.' }),
  )
})

test.each([
  ['Tain', "There is no flow 'Tain'", 'Train'],
  ['Train/9', 'There is no run 9 of Train', 'Train/1'],
  ['Train/1/fti', "There is no step 'fti' in Train/1", 'Train/1/fit'],
  ['Train/1/fit/1', 'There is no task 1 in Train/1/fit', 'Train/1/fit/2'],
  ['Train/1/fit/2@2', 'There is no node 2 in Train/1/fit/2', 'Train/1/fit/2@0'],
])('%s is not there: says what is', async (path, message, there) => {
  const made = await makeRun()
  await finish(made)
  using reader = client(made.home)
  expect(() => reader.get(path)).toThrow(
    expect.objectContaining({ code: 'FLOW_PATH_NOT_FOUND', message, fix: `For example: ${there}.` }),
  )
})

test('where nothing ran there is nothing, and nothing is made', () => {
  const home = tempHome()
  using reader = client(home)
  expect(reader.flows()).toEqual([])
  expect(() => reader.get('Train/1')).toThrow(expect.objectContaining({ code: 'FLOW_PATH_NOT_FOUND' }))
  expect(existsSync(home)).toBe(false)
})

test('logs of a running task are followed until its attempt is committed', async () => {
  const made = await makeRun()
  using reader = client(made.home)
  const lines = reader.task('Train/1/fit/2').logs({ follow: true })
  const log = new LogWriter(made.store.logFile('Train/1/fit/2', 0, 1))
  log.write('stdout', Buffer.from('one\n'), 3)
  expect((await lines.next()).value).toMatchObject({ node: 1, rank: 3, text: 'one' })
  log.write('stdout', Buffer.from('two\n'), 3)
  await log.close()
  await finish(made)
  expect((await Array.fromAsync(lines)).map(line => line.text)).toEqual(['two'])
  expect((await Array.fromAsync(reader.task('Train/1/fit/2@0').logs())).length).toBe(0)
  expect((await Array.fromAsync(reader.task('Train/1/fit/2@1').logs())).length).toBe(2)
})
