import { client } from '@flow/core/client'
import { expect, test } from 'vitest'
import { expectNothingLeft, expectOk, Project } from './harness/index.js'

test('a flow goes on when a step, or a gang, has failed in all its attempts', async () => {
  const project = new Project()
  const end = await project.run('caught.ts')
  expectOk(end)
  const [siblings, isLeftOut, failure, nodes] = JSON.parse(end.lines('end')[0] ?? '') as [
    unknown,
    unknown,
    object,
    unknown,
  ]
  // What the failed attempts set is not there; what was there before is.
  expect(siblings).toEqual([
    ['good 0', false, null],
    ['', true, 'RangeError: it cannot be'],
    ['well 0', false, null],
  ])
  expect(isLeftOut).toBe(true)
  const task = end.events.find(event => event.type === 'task.retrying')?.task ?? ''
  expect(failure).toMatchObject({ task, attempts: 2, outcome: 'user-error', node: 0 })
  expect(failure).toHaveProperty('excerpt', expect.stringContaining('caught.ts'))
  expect(nodes).toEqual([
    ['', 3, 1, 3],
    ['', 3, 1, 3],
  ])

  const ends = end.events.filter(event => event.type === 'task.ended' && event.outcome !== 'ok')
  expect(ends.map(event => [event['attempt'], event['verdict']])).toEqual([
    [0, expect.not.objectContaining({ caught: 'failure' })],
    [1, expect.objectContaining({ caught: 'failure' })],
    [0, expect.objectContaining({ caught: 'lost' })],
  ])
  const listed = await project.flow(['list', 'tasks', end.path])
  expect(listed.stdout.match(/user-error \(caught\)/g)).toHaveLength(2)
  const logs = await project.flow(['logs', task])
  expect(logs.stderr).toContain('it cannot be')
  using past = client(project.home)
  const gang = past.task(end.task('gang'))
  expect(gang.outcome).toBe('user-error')
  expect(gang.verdict).toMatchObject({ caught: 'lost', first: { node: 1, exitCode: 3 } })
  expect(await gang.artifact('lost')).toMatchObject({ node: 1, exitCode: 3, task: gang.path, attempts: 1 })
  expectNothingLeft(project, end)
})

test('--with catchFailure stands where it can; a cancelled run does not go on', async () => {
  const project = new Project()
  const flow = project.write(
    'flow.ts',
    `import { Flow, type Inputs, parameter, step } from '@flow/core'
export default class Fails extends Flow {
  readonly ms = parameter({ default: 0 })
  list = [1, 2]
  @step start() { this.next(this.work, { foreach: 'list' }) }
  @step async work() {
    console.log('works')
    await new Promise(resolve => setTimeout(resolve, this.ms))
    throw new Error('always')
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs)
    console.log(inputs.map(input => Reflect.get(input, 'why')?.outcome).join(' '))
    this.next(this.end)
  }
  @step end() {}
}
`,
  )
  const end = await project.start(['run', flow, '--json', '--with', 'catchFailure:as=why']).ended
  expectOk(end)
  expect(end.lines('join')).toEqual(['user-error user-error'])
  const limit = ['--with', 'timeout:seconds=2', '--with', 'catchFailure']
  const late = await project.flow(['run', flow, '--ms', '3600000', ...limit])
  expect(late.exitCode).toBe(0)
  expect(late.stdout.match(/timeout \(caught\)/g)).toHaveLength(2)
  const wrong = await project.flow(['run', flow, '--with', 'catchFailure:to=why'])
  expect(wrong.stderr).toContain("FLOW_DECORATOR_OPTIONS: @catchFailure: it has no option 'to'")

  const run = project.start(['run', flow, '--ms', '3600000', '--json', '--with', 'catchFailure'])
  await run.line('works')
  process.kill(run.pid, 'SIGINT')
  const stopped = await run.ended
  expect(stopped.exitCode).toBe(130)
  expect(stopped.task('join')).toBe('')
})
