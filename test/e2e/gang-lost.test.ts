import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  expectGone,
  expectNoStack,
  expectNothingLeft,
  expectOk,
  type FlowProcess,
  parentOf,
  Project,
} from './harness/index.js'

const NODES = [0, 1, 2]
const LEASE_MS = 4_000

/** Waits until all nodes are in their bodies; gives the agent of each. */
async function agents(run: FlowProcess): Promise<number[]> {
  const waiting = await Promise.all(
    NODES.map(node =>
      run.event(event => event.type === 'log' && event.node === node && event.text?.startsWith('waiting ') === true),
    ),
  )
  return waiting.map(event => parentOf(Number(event.text?.split(' ')[1])))
}

test('flow run stopped for longer than a lease goes on, and blames nobody', async () => {
  const project = new Project()
  const go = join(project.dir, 'go')
  const run = project.startRun('gang-waits.ts', ['--go', go])
  await agents(run)
  run.kill('SIGSTOP')
  // Nothing tells that a lease is over in a process that is stopped.
  await delay(LEASE_MS * 1.5)
  run.kill('SIGCONT')
  project.write('go', '')
  const end = await run.ended
  expectOk(end)
  expectNothingLeft(project, end)
})

test('flow run stopped for good: its nodes end by themselves', { timeout: 120_000 }, async () => {
  const project = new Project()
  const run = project.startRun('gang-waits.ts')
  const nodes = await agents(run)
  run.kill('SIGSTOP')
  await expectGone(() => nodes.filter(agent => project.processes().includes(agent)), 90_000)
  run.kill('SIGCONT')
  const end = await run.ended
  expect(end.exitCode).toBe(1)
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'lost' })
  expectNoStack(end)
  expectNothingLeft(project, end)
})

test('a stopped supervisor holds nothing up, and nothing of its node is left', async () => {
  const project = new Project()
  const go = join(project.dir, 'go')
  const run = project.startRun('gang-waits.ts', ['--go', go])
  process.kill(parentOf((await agents(run))[1] ?? -1), 'SIGSTOP')
  project.write('go', '')
  const end = await run.ended
  expectOk(end)
  expectNothingLeft(project, end)
})

test('a stopped supervisor cleans up when flow run is killed', async () => {
  const project = new Project()
  const run = project.startRun('gang-waits.ts')
  const nodes = await agents(run)
  process.kill(parentOf(nodes[1] ?? -1), 'SIGSTOP')
  run.kill('SIGKILL')
  const end = await run.ended
  await expectGone(() => project.processes(), 20_000)
  expectNothingLeft(project, end)
})

test('a stopped body is told, once for each stop, and ends nothing', async () => {
  const project = new Project()
  const go = join(project.dir, 'go')
  const run = project.startRun('gang-waits.ts', ['--go', go])
  await agents(run)
  const body = Number(
    (await run.event(event => event.node === 1 && event.text?.startsWith('waiting ') === true)).text?.split(' ')[1],
  )
  process.kill(body, 'SIGSTOP')
  await run.event(event => event.type === 'warning' && event.message === 'the body on node 1 is stopped (state T)')
  // Longer than a lease: what is stopped here says nothing to anybody.
  await delay(LEASE_MS * 1.2)
  process.kill(body, 'SIGCONT')
  project.write('go', '')
  const end = await run.ended
  expectOk(end)
  expect(end.events.filter(event => event.message?.includes('is stopped') === true)).toHaveLength(1)
  expect((await project.flow(['logs', `${end.task('work')}@1`])).stdout).toContain('the body on node 1 is stopped')
  expectNothingLeft(project, end)
})

test('a node that does not join in time is lost', async () => {
  const project = new Project()
  const end = await project.run('gang-late.ts')
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toMatch(/node 1 was lost: it did not join within 6000 ms/)
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'lost' })
  expectNoStack(end)
  expectNothingLeft(project, end)
})

test('the waits of a gang are in the plan', async () => {
  const project = new Project()
  const { stdout } = await project.flow(['run', project.use('gang-waits.ts'), '--dry-run'])
  expect(stdout).toMatch(/heartbeatMs: 500\s+leaseMs: 4000\s+barrierMs: 60000\s+graceMs: 1000/)
})
