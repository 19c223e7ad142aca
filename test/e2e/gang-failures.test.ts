import { expect, test } from 'vitest'
import {
  expectGone,
  expectNoStack,
  expectNothingLeft,
  type Finished,
  type FlowProcess,
  Project,
} from './harness/index.js'

/** From the failure to the SIGTERM that each other node saw, in milliseconds. */
function stopTimes(end: Finished, failedAt: number): number[] {
  return end
    .lines('work')
    .filter(line => line.startsWith('SIGTERM '))
    .map(line => Number(line.split(' ')[1]) - failedAt)
}

function failingAt(end: Finished): number {
  return Number(
    end
      .lines('work')
      .find(line => line.startsWith('failing '))
      ?.split(' ')[1],
  )
}

/** Waits until all nodes are in their bodies; gives the body's process of each node. */
async function allWaiting(run: FlowProcess, nodes = 4): Promise<number[]> {
  const waiting = await Promise.all(
    Array.from({ length: nodes }, (_, node) =>
      run.event(event => event.type === 'log' && event.node === node && event.text?.startsWith('waiting ') === true),
    ),
  )
  return waiting.map(event => Number(event.text?.split(' ')[1]))
}

const hows: Readonly<Record<string, (node: number) => RegExp>> = {
  throw: node => new RegExp(`node ${node}[^]*RangeError: thrown on node ${node}[^]*gang-exits\\.ts:\\d+`),
  exit: node => new RegExp(`node ${node} exited with code 3[^]*last words of node ${node}`),
  kill: node => new RegExp(`node ${node} was killed by SIGKILL[^]*last words of node ${node}`),
  reject: node => new RegExp(`node ${node}[^]*rejected and not awaited`),
  callback: node => new RegExp(`node ${node}[^]*thrown in a callback`),
  segfault: node => new RegExp(`node ${node} was killed by SIGSEGV`),
}

const cases = Object.keys(hows).flatMap(how =>
  (how === 'reject' || how === 'segfault' ? [2] : [0, 2]).map(who => ({ how, who })),
)

test.for(cases)(
  '$how in the body of node $who: the others are stopped, the message names node and cause',
  async ({ how, who }) => {
    const project = new Project()
    const end = await project.run('gang-exits.ts', ['--how', how, '--who', String(who)])
    expect(end.stderr).toMatch(hows[how]?.(who) ?? /never/)
    expect(end.exitCode).toBe(1)
    expectNoStack(end)
    expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'user-error', exitCode: 1 })
    const times = stopTimes(end, failingAt(end))
    expect(times).toHaveLength(3)
    expect(Math.max(...times)).toBeLessThanOrEqual(500)
    expectNothingLeft(project, end)
  },
)

test('a program that ignores SIGTERM is killed after the grace, on every node', async () => {
  const project = new Project()
  const end = await project.run('gang-exits.ts', ['--how', 'exit', '--is-stubborn'])
  expect(end.exitCode).toBe(1)
  expect(Math.max(...stopTimes(end, failingAt(end)))).toBeLessThanOrEqual(500)
  expectNothingLeft(project, end)
})

test('Ctrl-C while a gang runs', async () => {
  const project = new Project()
  const run = project.startRun('gang-exits.ts')
  await allWaiting(run)
  const at = Date.now()
  run.kill('SIGINT')
  const end = await run.ended
  expect(end.exitCode).toBe(130)
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'cancelled', exitCode: 130 })
  const times = stopTimes(end, at)
  expect(times).toHaveLength(4)
  expect(Math.max(...times)).toBeLessThanOrEqual(500)
  expectNothingLeft(project, end)
})

test('Ctrl-C before the gang is ready', async () => {
  const project = new Project()
  const run = project.startRun('gang-exits.ts')
  await run.event(event => event.type === 'task.started' && event['step'] === 'work')
  run.kill('SIGINT')
  const end = await run.ended
  expect(end.exitCode).toBe(130)
  expectNothingLeft(project, end)
})

test('Ctrl-C while a step waits, and while one ignores SIGTERM', async () => {
  for (const flow of ['waits.ts', 'stubborn.ts']) {
    const project = new Project()
    const run = project.startRun(flow)
    await run.line('waiting')
    run.kill('SIGINT')
    const end = await run.ended
    expect(end.exitCode).toBe(130)
    expectNothingLeft(project, end)
    // Once: a program may take a second one for an order to end at once.
    const signals = end.lines('start').filter(line => line.startsWith('SIGTERM'))
    expect(signals).toHaveLength(flow === 'waits.ts' ? 1 : 0)
  }
})

test('a second Ctrl-C ends at once, and leaves nothing that goes on', async () => {
  const project = new Project()
  const run = project.startRun('stubborn.ts')
  await run.line('waiting')
  run.kill('SIGINT')
  await run.event(event => event.type === 'log')
  run.kill('SIGINT')
  const end = await run.ended
  expect(end.exitCode).toBe(130)
  await expectGone(() => project.processes(), 7_000)
})

test('flow kill is Ctrl-C from another terminal', async () => {
  const project = new Project()
  const run = project.startRun('gang-exits.ts', ['--nodes', '2'])
  await allWaiting(run, 2)
  expect((await project.flow(['kill', 'GangExits/1'])).exitCode).toBe(0)
  const end = await run.ended
  expect(end.exitCode).toBe(130)
  expectNothingLeft(project, end)
  const again = await project.flow(['kill', 'GangExits/1'])
  expect(again.stderr).toContain('FLOW_RUN_NOT_RUNNING')
})

test.for(['gang-exits.ts', 'waits.ts', 'stubborn.ts'])(
  'kill -9 of flow run itself (%s): everything ends by itself',
  async flow => {
    const project = new Project()
    const run = project.startRun(flow)
    if (flow === 'gang-exits.ts') await allWaiting(run)
    else await run.line('waiting')
    process.kill(run.pid, 'SIGKILL')
    await expectGone(() => project.processes(), 7_000)
    expectNothingLeft(project, await run.ended)
    expect((await project.flow(['list'])).stdout).toMatch(/ lost /)
  },
)
