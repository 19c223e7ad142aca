import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LogWriter, Store, storeArtifact } from '../../src/store/index.js'
import { captureStream, flow as runFlow } from './capture.js'
import { runCli } from '../../src/cli/program.js'

const home = mkdtempSync(join(tmpdir(), 'flow cli ü-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const flow = (...argv: string[]): ReturnType<typeof runFlow> => runFlow(argv, { env: { FLOW_HOME: home } })
const start = 'Hello/1/start/1'
const multi = 'Hello/1/multi/2'

async function writeLog(
  store: Store,
  path: string,
  node: number,
  lines: readonly [stream: 'stdout' | 'stderr', text: string, rank?: number][],
): Promise<void> {
  const log = new LogWriter(store.logFile(path, 0, node))
  for (const [stream, text, rank] of lines) log.write(stream, Buffer.from(text), rank, 1_700_000_000_000 + node)
  await log.close()
}

beforeAll(async () => {
  using store = Store.open(home)
  const { metadata } = store
  const runId = metadata.createRun({ flow: 'Hello', parameters: {}, tags: ['trial'] })
  expect([
    runId,
    metadata.createTask(runId, 'start'),
    metadata.createTask(runId, 'multi', { parents: [start] }),
  ]).toEqual(['1', '1', '2'])
  metadata.startAttempt(start, 0)
  metadata.startAttempt(multi, 0, { nodes: 2 })
  await writeLog(store, start, 0, [
    ['stdout', 'out\n'],
    ['stderr', 'err, no newline'],
  ])
  await writeLog(store, multi, 0, [['stdout', 'control\n']])
  await writeLog(store, multi, 1, [
    ['stdout', 'rank two\n', 2],
    ['stderr', 'rank three\n', 3],
  ])
  const list = await storeArtifact(store.blobs, 'list', [1, 'two'])
  const array = await storeArtifact(store.blobs, 'array', Float64Array.of(1, 2.5))
  metadata.commitAttempt({ path: start, attempt: 0, outcome: 'ok', artifacts: [{ list, array }] })
  metadata.commitAttempt({ path: multi, attempt: 0, outcome: 'user-error', artifacts: [{ list }, {}] })
  metadata.finishRun(runId, 'user-error')
})

describe('flow list', () => {
  it('lists runs, flows and tasks', async () => {
    expect((await flow('list')).stdout).toMatch(/^RUN +STATE +STARTED +TOOK +TAGS\nHello\/1 +user-error .* trial\n$/)
    expect((await flow('list', 'flows')).stdout).toMatch(/^FLOW +LATEST RUN +STATE\nHello +Hello\/1 +user-error\n$/)
    expect((await flow('list', 'tasks')).stdout).toBe((await flow('list', 'Hello/1')).stdout)
    expect((await flow('list', 'Hello/1')).stdout).toMatch(
      /^TASK .*\nHello\/1\/start\/1 +ok +1 +1 .*\nHello\/1\/multi\/2 +user-error +2 +1 .*\n$/,
    )
  })

  it('lists runs that have a tag', async () => {
    expect((await flow('list', '--tag', 'trial')).stdout).toContain('Hello/1')
    expect((await flow('list', 'Hello', '--tag', 'trial')).stdout).toContain('Hello/1')
    expect((await flow('list', '--tag', 'trial', '--tag', 'other')).stdout).toBe('no run has that tag\n')
    for (const what of ['flows', 'tasks', 'Hello/1']) {
      expect(await flow('list', what, '--tag', 'trial')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('--tag is for runs'),
      })
    }
  })

  it('prints JSON', async () => {
    expect(JSON.parse((await flow('list', '--json')).stdout)).toMatchObject([
      { flow: 'Hello', runId: '1', outcome: 'user-error', tags: ['trial'] },
    ])
    expect(JSON.parse((await flow('list', 'Hello/1/multi', '--json')).stdout)).toMatchObject([
      { path: multi, attempts: [{ nodes: 2 }] },
    ])
  })

  it('refuses a flow that never ran', async () => {
    for (const argv of [['Nope'], ['runs', 'Nope']]) {
      const { code, stderr } = await flow('list', ...argv)
      expect([code, stderr]).toEqual([2, expect.stringContaining("FLOW_PATH_NOT_FOUND: There is no flow 'Nope'")])
    }
  })

  it('is empty where nothing ran', async () => {
    const env = { FLOW_HOME: join(home, 'nothing') }
    expect(await runFlow(['list'], { env })).toMatchObject({ code: 0, stdout: 'nothing has run here yet\n' })
    expect(await runFlow(['list', '--json'], { env })).toMatchObject({ code: 0, stdout: '[]\n' })
  })
})

describe('flow logs', () => {
  it('refuses an attempt and a node that a task does not have', async () => {
    for (const [flag, says] of [
      ['--attempt', `There is no attempt 7 of ${multi}\n  why: Its attempts are: 0.`],
      ['--node', `There is no node 7 in ${multi}\n  why: Its nodes are: 0, 1.`],
    ] as const) {
      const { code, stdout, stderr } = await flow('logs', multi, flag, '7')
      expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining(`FLOW_PATH_NOT_FOUND: ${says}`)])
    }
  })

  it('gives back the log of a single task as it came', async () => {
    expect(await flow('logs', start)).toEqual({ code: 0, stdout: 'out\nerr, no newline', stderr: '' })
    expect((await flow('logs', start, '--stderr')).stdout).toBe('err, no newline')
  })

  it('says whose a line is where several write', async () => {
    expect((await flow('logs', multi)).stdout).toBe(
      '[1/multi/2@0] control\n[1/multi/2@1 2] rank two\n[1/multi/2@1 3] rank three\n',
    )
    expect((await flow('logs', `${multi}@1`)).stdout).toBe('[1/multi/2@1 2] rank two\n[1/multi/2@1 3] rank three\n')
    expect((await flow('logs', multi, '--node', '1', '--rank', '2')).stdout).toBe('rank two\n')
    expect((await flow('logs', 'Hello')).stdout).toContain('[1/start/1] out\n')
  })

  it('shows times and JSON', async () => {
    expect((await flow('logs', multi, '--rank', '2', '--timestamps')).stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.001 rank two\n$/,
    )
    const lines = (await flow('logs', multi, '--json')).stdout.trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line) as unknown)).toContainEqual({
      at: 1_700_000_000_001,
      task: multi,
      node: 1,
      rank: 3,
      stream: 'stderr',
      text: 'rank three',
      complete: true,
    })
  })

  it('says what is there instead', async () => {
    const { code, stderr } = await flow('logs', 'Hello/1/mutli/2')
    expect(code).toBe(2)
    expect(stderr).toContain('error FLOW_PATH_NOT_FOUND:')
    expect(stderr).toContain('Hello/1/multi')
    expect(await flow('logs', 'Hello/x')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FLOW_PATH_INVALID'),
    })
    expect(await runFlow(['logs', 'Hello/1'], { env: { FLOW_HOME: join(home, 'no') } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Nothing has run in'),
    })
  })

  it('follows a run to its end, with the tasks that begin meanwhile', async () => {
    using store = Store.open(home)
    const { metadata } = store
    const runId = metadata.createRun({ flow: 'Live', parameters: {} })
    const path = `Live/${runId}/start/${metadata.createTask(runId, 'start')}`
    metadata.startAttempt(path, 0)
    const log = new LogWriter(store.logFile(path, 0))
    log.write('stdout', Buffer.from('first\n'))
    const { stream, text } = captureStream()
    const shown = (part: string): Promise<void> =>
      new Promise(resolve => {
        const look = (): void => (text().includes(part) ? resolve() : void stream.once('data', look))
        look()
      })
    const following = runCli(['logs', `Live/${runId}`, '--follow'], {
      stdout: stream,
      stderr: captureStream().stream,
      env: { FLOW_HOME: home },
      cwd: home,
    })
    await shown('first')
    log.write('stdout', Buffer.from('second\n'))
    await shown('second')
    await log.close()
    metadata.commitAttempt({ path, attempt: 0, outcome: 'ok' })
    const next = `Live/${runId}/end/${metadata.createTask(runId, 'end', { parents: [path] })}`
    metadata.startAttempt(next, 0)
    const nextLog = new LogWriter(store.logFile(next, 0))
    nextLog.write('stdout', Buffer.from('third\n'))
    await shown('third')
    await nextLog.close()
    metadata.commitAttempt({ path: next, attempt: 0, outcome: 'ok' })
    metadata.finishRun(runId, 'ok')
    expect(await following).toBe(0)
    expect(text()).toBe(`[${runId}/start/1] first\n[${runId}/start/1] second\n[${runId}/end/2] third\n`)
  })
})

describe('flow dump', () => {
  it('shows artifacts', async () => {
    expect((await flow('dump', start)).stdout).toBe(
      `${start}\n  array: Float64Array(2) [ 1, 2.5 ]\n  list: [ 1, 'two' ]\n`,
    )
    expect((await flow('dump', multi)).stdout).toBe(`${multi}@0\n  list: [ 1, 'two' ]\n${multi}@1\n  (no artifacts)\n`)
  })

  it('prints JSON', async () => {
    expect(JSON.parse((await flow('dump', 'Hello/1/start', '--json')).stdout)).toMatchObject({
      [start]: { list: [1, 'two'], array: { $encoding: 'bytes', type: 'Float64Array', size: 16 } },
    })
  })
})
