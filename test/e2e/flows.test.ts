// @module-tag user
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectCoded, expectNothingLeft, expectOk, Project } from './harness/index.js'

test('steps run one after another, each in its own process with the artifacts of the one before', async () => {
  const project = new Project()
  const end = await project.run('linear.ts')
  expectOk(end)
  expect(end.lines('end')).toEqual([
    'Linear 1 end 0',
    'Linear/1/start/1 Linear/1/middle/2 Linear/1/end/3',
    'said on stderr',
  ])
  expect((await project.dump('Linear/1/end/3'))['Linear/1/end/3']).toMatchObject({ count: 1 })
  expectNothingLeft(project, end)
})

test('a join sees its branches in the order of the graph, whichever ends first', async () => {
  const project = new Project()
  const folder = join(project.dir, 'signals')
  mkdirSync(folder)
  const end = await project.run('branch.ts', ['--folder', folder, '--max-workers', '3'])
  expectOk(end)
  expect(JSON.parse(end.lines('end')[0] ?? '')).toEqual({
    names: ['first', 'second', 'third'],
    common: 'shared',
    only: 'from second',
  })
})

test('mergeArtifacts names the field in which branches differ', async () => {
  const project = new Project()
  const end = await project.run('conflict.ts')
  expectCoded(end, 'FLOW_MERGE_CONFLICT')
  expect(end.stderr).toContain('colour')
  expect(end.stderr).toContain('conflict.ts:')
})

test('foreach inside foreach', async () => {
  const project = new Project()
  const end = await project.run('nested.ts')
  expectOk(end)
  expect(end.lines('end')).toEqual(['a1=1 a2=2 row a b1=1 b2=2 row b c1=1 c2=2 row c'])
})

test('typed arrays, buffers, Map, Set, Date and the rest arrive as they were', async () => {
  const project = new Project()
  const end = await project.run('values.ts')
  expectOk(end)
  expect(end.lines()).toEqual(['all values are equal'])
})

test('files and directories go from step to step and into a join', async () => {
  const project = new Project()
  const end = await project.run('files.ts')
  expectOk(end)
  expect(end.lines('end')).toEqual([
    '3000000 true 750',
    'deep er,deep er/page.txt,own.txt: left after page of start; deep er,deep er/page.txt,own.txt: right after page of start',
  ])
  // A folder that its owner may not write goes with the attempt like any other.
  expect(end.events.filter(event => event.type === 'warning')).toEqual([])
})

test('parameters: defaults, flags, schemas', async () => {
  const project = new Project()
  expect((await project.run('parameters.ts')).lines()).toEqual(['[0.5,false,"none","fast",3]', '3.5'])
  const end = await project.run('parameters.ts', [
    '--rate',
    '2',
    '--is-quick',
    '--label',
    'a b',
    '--mode=slow',
    '--epochs',
    '5',
  ])
  expect(end.lines()).toEqual(['[2,true,"a b","slow",5]', '7'])
  const help = await project.flow(['run', 'parameters.ts', '--help'])
  expect(help.stdout).toMatch(/--rate <number>\s+learning rate \(default: 0\.5\)/)
})

test('a parameter of the wrong type never starts a run', async () => {
  const project = new Project()
  for (const wrong of [
    ['--rate', 'fast'],
    ['--epochs', '0'],
    ['--epochs', '1.5'],
    ['--mode', 'wild'],
    ['--is-quick=perhaps'],
  ]) {
    expectCoded(await project.run('parameters.ts', wrong), 'FLOW_PARAMETER_INVALID', 2)
  }
  expectCoded(await project.run('parameters.ts', ['--rat', '1']), /FLOW_CLI_USAGE[^]*--rate/, 2)
  expectCoded(await project.run('parameters.ts', ['--label', 'a', 'b']), /FLOW_CLI_USAGE: too many arguments[^]*b/, 2)
  expectCoded(await project.run('branch.ts'), /FLOW_PARAMETER_MISSING[^]*folder/, 2)
  expect((await project.flow(['list'])).stdout).toBe('nothing has run here yet\n')
})

test('environment, resources and tags', async () => {
  const project = new Project()
  const end = await project.run('needs.ts', ['--tag', 'trial', '--tag', 'blue one'])
  expectOk(end)
  expect(end.lines()).toEqual(['blue blue', 'no colour'])
  expect((await project.flow(['list'])).stdout).toContain('blue one,trial')
  const plan = JSON.parse((await project.run('needs.ts', ['--dry-run'])).stdout) as { steps: object[] }
  expect(plan.steps[0]).toMatchObject({
    step: 'start',
    resources: { cpu: 2, memory: 512 },
    environment: ['COLOUR', 'LANG'],
  })
  expect((await project.flow(['list', '--json'])).stdout.match(/runId/g)).toHaveLength(1)
})

test('a flow in plain JavaScript', async () => {
  const project = new Project()
  const end = await project.run('plain.js')
  expectOk(end)
  expect(end.lines()).toEqual(['the count is 42'])
})

test('--max-workers holds, --max-num-splits refuses', async () => {
  const project = new Project()
  const end = await project.run('wide.ts', ['--max-workers', '2'])
  expectOk(end)
  expect(end.lines('end')).toEqual(['sum 56'])
  let running = 0
  const most = end.events.map(
    event => (running += event.type === 'task.started' ? 1 : event.type === 'task.ended' ? -1 : 0),
  )
  expect(Math.max(...most)).toBe(2)
  expectCoded(await project.run('wide.ts', ['--max-num-splits', '7']), /FLOW_TOO_MANY_SPLITS[^]*--max-num-splits 8/)
  expectCoded(await project.run('wide.ts', ['--width', '0']), 'FLOW_FOREACH_EMPTY')
})

test('events of --json: one object a line, in order, and nothing else on standard output', async () => {
  const project = new Project()
  const end = await project.run('linear.ts')
  const lines = end.stdout.trimEnd().split('\n')
  expect(lines.map(line => (JSON.parse(line) as { type: string }).type).filter(type => type !== 'progress')).toEqual([
    'run.started',
    'task.started',
    'task.ended',
    'task.started',
    'task.ended',
    'task.started',
    'log',
    'log',
    'log',
    'task.ended',
    'run.ended',
  ])
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', run: 'Linear/1', outcome: 'ok', exitCode: 0 })
})

test('two runs at once share a state directory', async () => {
  const project = new Project()
  const ends = await Promise.all([
    project.run('wide.ts'),
    project.run('nested.ts'),
    project.run('wide.ts', ['--width', '4']),
  ])
  for (const end of ends) expectOk(end)
  expect(new Set(ends.map(end => end.path.split('/')[1]))).toEqual(new Set(['1', '2', '3']))
  expect(ends.map(end => end.lines('end')[0])).toEqual([
    'sum 56',
    'a1=1 a2=2 row a b1=1 b2=2 row b c1=1 c2=2 row c',
    'sum 12',
  ])
  expect((await project.flow(['list'])).stdout.match(/ ok /g)).toHaveLength(3)
})
