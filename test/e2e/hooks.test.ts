import { expect, test } from 'vitest'
import { expectNothingLeft, expectOk, Project } from './harness/index.js'

test('the hooks of a gang run where and when they should', async () => {
  const project = new Project()
  const end = await project.run('hooks.ts')
  expectOk(end)
  const lines = end.lines('work')
  expect(lines).toContain('slots 3 plain')
  expect(lines).toContain('result ran')
  for (const node of [0, 1]) {
    const own = lines.filter(line => line.startsWith('on') && (line.includes(`${node}`) || line === 'onControl'))
    expect(own).toContain(`onNode ${node}`)
    expect(own).toContain(`onReady ${node} from 0, from 1`)
  }
  const order = ['onNode 0', 'onReady 0 from 0, from 1', 'onControl', 'slots 3 plain', 'result ran', 'disposed 0']
  expect(lines.filter(line => order.includes(line))).toEqual(order)
  expect(lines.filter(line => line === 'onWorker 1')).toHaveLength(1)
  expect(end.stderr).toContain('beforeCluster 2 nodes\nafterCluster ok')
  expectNothingLeft(project, end)
})

test('a failure is named by the extension that knows it', async () => {
  const project = new Project()
  const end = await project.run('hooks.ts', ['--script', 'echo last words >&2; exit 3'])
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('FLOW_LONE_FAILED')
  expect(end.stderr).toContain('rank 0 on node 0 exited with code 3')
  expect(end.stderr).toContain('last words\n')
  expect(end.stderr).toContain('exit 3 means: no licence')
  expect(end.stderr).toContain('afterCluster system-error')
  const failed = end.events.find(event => event.type === 'task.ended' && event.outcome !== 'ok')
  expect(failed).toMatchObject({ outcome: 'system-error', verdict: { first: { node: 0, rank: 0, exitCode: 3 } } })
  expectNothingLeft(project, end)
})

test('a rank gets the environment that was asked for, its time, and is named though it left its output half written', async () => {
  const project = new Project()
  const end = await project.run('ranks.ts')
  expectOk(end)
  for (const kind of ['local', 'wide']) {
    expect(end.lines('work').filter(line => line.startsWith(kind))).toEqual([
      `${kind} none none 2 undefined`,
      `${kind} slept 7`,
      `${kind} FLOW_SHELL_RANK_FAILED`,
      `${kind} FLOW_PROGRAM_OUTPUT_INVALID`,
    ])
  }
  expectNothingLeft(project, end)
})

test('a launcher that waits for a daemon which could not start is ended, and the daemon is named', async () => {
  const project = new Project()
  const end = await project.run('daemon-fails.ts')
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toContain('the launcher daemon of node 1 exited with code 7')
  const failed = end.events.find(event => event.type === 'task.ended' && event.outcome !== 'ok')
  expect(failed).toMatchObject({ verdict: { first: { node: 1, what: 'launcher daemon', exitCode: 7, signal: null } } })
  expectNothingLeft(project, end)
})

test.for([0, 1])('a hook that throws on node %i before the nodes know each other ends the gang at once', async node => {
  const project = new Project()
  project.write(
    'early.ts',
    `import { Flow, gangDecorator, type Inputs, step } from '@flow/core'

const early = gangDecorator({
  name: 'early',
  core: '^0.1.0',
  workers: 'body',
  setup({ hooks }) {
    hooks.onNode.tap('early', ({ me }) => {
      if (me.index === ${node}) throw new TypeError('no such device')
    })
  },
})

export default class Early extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @early()
  @step work() {
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    void inputs
    this.next(this.end)
  }

  @step end() {}
}
`,
  )
  const end = await project.flow(['run', 'early.ts', '--json'])
  expect(end.exitCode).toBe(1)
  expect(end.stderr).toMatch(
    /FLOW_HOOK_FAILED[^]*'early' of hook onNode[^]*TypeError: no such device\n.*early\.ts:9:\d+/,
  )
  // Not 'lost', as a node would be that did not join in time.
  const failed = end.events.find(event => event.type === 'task.ended' && event.outcome !== 'ok')
  expect(failed).toMatchObject({ outcome: 'system-error', verdict: { first: { node, what: 'agent' } } })
  expect(failed?.['durationMs']).toBeLessThan(30_000)
  expectNothingLeft(project, end)
})

test('nodes of one machine meet without TLS: loading it would be a fifth of what their agents cost', async () => {
  const project = new Project()
  project.write(
    'loaded.ts',
    `import { current, Flow, gangDecorator, type Inputs, step } from '@flow/core'

const loaded = gangDecorator({
  name: 'loaded',
  core: '^0.1.0',
  workers: 'body',
  setup({ hooks }) {
    hooks.onReady.tap('loaded', ctx => {
      const { moduleLoadList } = process as unknown as { moduleLoadList: string[] }
      ctx.setEnv('LOADED', moduleLoadList.filter(name => / (?:net|tls)$/.test(name)).join(','))
    })
  },
})

export default class Loaded extends Flow {
  @step start() { this.next(this.work, { numParallel: 2 }) }
  @loaded() @step async work() {
    console.log(current.gang.me.index, process.env['LOADED'])
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.next(this.end) }
  @step end() {}
}
`,
  )
  const end = await project.start(['run', 'loaded.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('work').toSorted()).toEqual(['0 NativeModule net', '1 NativeModule net'])
})
