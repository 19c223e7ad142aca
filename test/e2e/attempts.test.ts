import { readFileSync, rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commandOf, expectNothingLeft, expectOk, parentOf, Project } from './harness/index.js'

test.each(['fails', 'blocks'])('a step and a gang that go well at a later attempt: %s', async how => {
  const project = new Project()
  const notes = project.write('notes', '')
  const end = await project.run('attempts.ts', ['--how', how, '--notes', notes])
  expectOk(end)
  expect(end.lines('end')).toEqual(['single 2, gang 1 1'])
  // Node 0 may be ended before it has written its first word.
  expect(new Set(readFileSync(notes, 'utf8').trim().split('\n'))).toEqual(
    new Set(['start 0', 'start 1', 'start 2', 'work 0', 'work 1']),
  )
  const of = (type: string, step: string) => end.events.filter(event => event.type === type && event['step'] === step)
  expect(of('task.retrying', 'start').map(event => event['attempt'])).toEqual([1, 2])
  // The delay holds: the next attempt starts 300 ms later, within what a clock rounds.
  for (const [index, retrying] of of('task.retrying', 'start').entries())
    expect((of('task.started', 'start')[index + 1]?.at ?? 0) - retrying.at).toBeGreaterThanOrEqual(290)
  expect(of('task.ended', 'work').map(event => event.outcome)).toEqual([
    how === 'fails' ? 'user-error' : 'timeout',
    'ok',
  ])
  expectNothingLeft(project, end)
})

test('a gang that never ends is ended by its timeout, each attempt by its own', async () => {
  const project = new Project()
  const end = await project.run('attempts.ts', ['--how', 'loops'])
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('it ran longer than its timeout of 6 s')
  const ends = end.events.filter(event => event.type === 'task.ended' && event['step'] === 'work')
  expect(ends.map(event => event.outcome)).toEqual(['timeout', 'timeout'])
  expectNothingLeft(project, end)
})

test.each(['execFileSync("sleep", ["1000"])', 'for (;;) Math.sqrt(2)'])(
  'a single step that hears nothing is ended by its timeout, each attempt by its own: %s',
  async body => {
    const project = new Project()
    const flow = project.write(
      'flow.ts',
      `import { execFileSync } from 'node:child_process'
import { current, Flow, retry, step, timeout } from '@flow/core'
export default class Deaf extends Flow {
  tried: number[] = []
  left?: string
  @retry({ times: 1, on: ['timeout'] })
  @timeout({ seconds: 6 })
  @step start() {
    this.tried.push(current.attempt)
    if (current.attempt === 0) {
      this.left = 'by the first attempt'
      void execFileSync
      ${body}
    }
    this.next(this.end)
  }
  @step end() { console.log(JSON.stringify([this.tried, this.left ?? null])) }
}
`,
    )
    const end = await project.start(['run', flow, '--json']).ended
    expectOk(end)
    const ends = end.events.filter(event => event.type === 'task.ended' && event['step'] === 'start')
    expect(ends.map(event => event.outcome)).toEqual(['timeout', 'ok'])
    // Nothing that the first attempt set is there.
    expect(end.lines('end')).toEqual(['[[1],null]'])
    expectNothingLeft(project, end)
  },
)

test('--with retry and timeout; an outcome that is not asked for is not retried', async () => {
  const project = new Project()
  const flow = project.write(
    'flow.ts',
    `import { Flow, step } from '@flow/core'
export default class Fails extends Flow {
  @step start() { throw new Error('always'); this.next(this.end) }
  @step end() {}
}
`,
  )
  const twice = await project.start(['run', flow, '--json', '--with', 'retry:times=1', '--with', 'timeout:minutes=5'])
    .ended
  expect(twice.exitCode).toBe(1)
  expect(twice.events.filter(event => event.type === 'task.started')).toHaveLength(2)
  const once = await project.start(['run', flow, '--json', '--with', 'retry:times=1,on=lost+timeout']).ended
  expect(once.events.filter(event => event.type === 'task.started')).toHaveLength(1)
  const wrong = await project.start(['run', flow, '--with', 'retry:times=0']).ended
  expect(wrong.stderr).toContain('FLOW_DECORATOR_OPTIONS')
})

test('Ctrl-C during the delay ends the run', async () => {
  const project = new Project()
  const flow = project.write(
    'flow.ts',
    `import { Flow, retry, step } from '@flow/core'
export default class Waits extends Flow {
  @retry({ delay: 3_600_000 })
  @step start() { throw new Error('always'); this.next(this.end) }
  @step end() {}
}
`,
  )
  const run = project.start(['run', flow, '--json'])
  await run.event(event => event.type === 'task.retrying')
  process.kill(run.pid, 'SIGINT')
  expect((await run.ended).exitCode).toBe(130)
})

test('control stopped for longer than its lease: no worker is blamed, and all artifacts are of the next attempt', async () => {
  const project = new Project()
  const go = project.write('go', '')
  rmSync(go)
  const flow = project.write(
    'flow.ts',
    `import { existsSync } from 'node:fs'
import { current, Flow, gangTimeouts, type Inputs, parallel, retry, step } from '@flow/core'
export default class Stopped extends Flow {
  mine = -1
  @step start() { this.next(this.work, { numParallel: 3 }) }
  @retry({ times: 1, on: ['lost'] })
  @gangTimeouts({ heartbeat: 300, lease: 2_000, grace: 1_000 })
  @parallel()
  @step async work() {
    this.mine = current.attempt
    await current.gang.barrier('all')
    console.log('body ' + process.pid + ' of ' + current.attempt)
    while (!existsSync('${go}')) await new Promise(resolve => setTimeout(resolve, 50))
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { console.log(inputs.map(input => input.mine).join(' ')); this.next(this.end) }
  @step end() {}
}
`,
  )
  const run = project.start(['run', flow, '--json'])
  const bodyOf = async (node: number, attempt: number): Promise<number> => {
    const line = await run.event(
      event => event.node === node && event.text?.startsWith('body ') === true && event.text.endsWith(` of ${attempt}`),
    )
    return Number(line.text?.split(' ')[1])
  }
  const agent = parentOf(await bodyOf(0, 0))
  await Promise.all([bodyOf(1, 0), bodyOf(2, 0)])
  process.kill(agent, 'SIGSTOP')
  // The barrier of the next attempt is behind it; of the old one nothing is left that could go on.
  await bodyOf(0, 1)
  expect(commandOf(agent)).toBe('')
  project.write('go', '')
  const end = await run.ended
  expectOk(end)
  const [lost] = end.events.filter(event => event.type === 'task.ended' && event['step'] === 'work')
  const verdict = lost?.['verdict'] as { first: { node: number }; victims: { node: number }[] }
  expect([lost?.outcome, verdict.first.node, verdict.victims]).toEqual(['lost', 0, []])
  expect(end.lines('join')).toEqual(['1 1 1'])
  expectNothingLeft(project, end)
})
