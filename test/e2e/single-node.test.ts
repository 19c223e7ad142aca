import { expect, test, vi } from 'vitest'
import { expectCoded, expectNothingLeft, expectOk, Project } from './harness/index.js'

// Environments of Python may have to be made.
vi.setConfig({ testTimeout: 600_000 })

test('@mpi: several ranks in an ordinary step; in a foreach, tried again, as a join, before a gang', async () => {
  const project = new Project()
  const end = await project.run('single-node.ts')
  expectOk(end)
  expect(end.lines('end')).toEqual(['8 ranks'])
  expect(end.events.filter(event => event.type === 'task.retrying')).toHaveLength(1)
  const ranks = end.events.filter(event => event.type === 'log' && event.text?.startsWith('element 1 ') === true)
  expect(ranks.map(({ rank, text }) => `${String(rank)}: ${String(text)}`).toSorted()).toEqual(
    [0, 1, 2, 3].map(rank => `${rank}: element 1 rank ${rank} of 4`),
  )
  // It is no gang: no node in its logs, its artifacts and its events.
  const [work = ''] = ranks.map(event => event.task ?? '')
  expect(ranks.every(event => event.node === undefined)).toBe(true)
  expect(end.events.filter(event => event.type === 'gang.ready').map(event => event.task)).toEqual([
    expect.stringContaining('/gang/'),
  ])
  expect(await project.dump(work)).toMatchObject({ [work]: { ranks: 4, said: [work, 'nodes 1'] } })
  const { stdout } = await project.flow(['logs', work])
  expect(stdout).toContain('element 1 rank 3 of 4')
  expectNothingLeft(project, end)
})

test('a rank that fails is named', async () => {
  const project = new Project()
  const end = await project.run('single-node.ts', ['--how', 'fails'])
  expectCoded(end, 'FLOW_MPI_RANK_FAILED')
  expect(end.stderr).toMatch(/rank 3 .*exited with code 5/i)
  expectNothingLeft(project, end)
})

const MIXED = `import { Flow, type Inputs, parallel, step } from '@flow/core'
import { mpi } from '@flow/mpi'
export default class Mixed extends Flow {
  @step start() { this.next(this.work, { numParallel: 2 }) }
  @parallel() @mpi({ singleNode: true }) @step work() { this.next(this.join) }
  @step join(inputs: Inputs<this>) { console.log(inputs.length); this.next(this.end) }
  @step end() {}
}
`

test('a step is a gang for all its extensions or for none; --dry-run shows which', async () => {
  const project = new Project()
  project.write('mixed.ts', MIXED)
  const end = await project.flow(['run', 'mixed.ts'])
  expectCoded(end, 'FLOW_GANG_CONTRADICTION')
  const plan = await project.flow(['run', project.use('single-node.ts'), '--dry-run', '--json'])
  const { steps } = JSON.parse(plan.stdout) as { steps: readonly { step: string; gang?: Record<string, unknown> }[] }
  expect(steps.find(({ step }) => step === 'work')?.gang).toMatchObject({ size: 1, singleNode: true, slots: 4 })
  expect(steps.find(({ step }) => step === 'gang')?.gang).toMatchObject({ size: 2, singleNode: false })
})

const PROGRAM = `import json, os, sys
print('rank', os.environ.get('RANK', os.environ.get('FLOW_RANK')), flush=True)
if sys.argv[1] == 'fails' and os.environ.get('RANK', os.environ.get('FLOW_RANK')) == '1': raise ValueError('rank 1 it is')
if os.environ.get('RANK', '0') == '0': json.dump('done', open(os.environ['FLOW_OUTPUT'], 'w'))
`

/** A project whose one step runs PROGRAM on two ranks by `run`. */
function twoRanks(packageName: string, decorators: string, run: string): Project {
  const project = new Project()
  project.write('program.py', PROGRAM)
  project.write(
    'flow.ts',
    `import { current, Flow, parameter, pypi, step } from '@flow/core'
import { ${packageName} } from '@flow/${packageName}'
export default class Alone extends Flow {
  readonly how = parameter({ default: 'ok' })
  output: unknown
  @step start() { this.next(this.work) }
  ${decorators}
  @step async work() {
    const result = await ${run}
    this.output = [result.output, result.ranks.length]
    this.next(this.end)
  }
  @step end() { console.log(JSON.stringify(this.output)) }
}
`,
  )
  return project
}

test('@torchrun: two ranks in an ordinary step', async () => {
  const project = twoRanks(
    'torchrun',
    "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } }) @torchrun({ singleNode: true, nprocPerNode: 2 })",
    "current.torch.run({ entrypoint: 'program.py', entrypointArgs: [this.how] })",
  )
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('end')).toEqual(['["done",2]'])
  expectNothingLeft(project, end)
})

test('@tensorflow: two ranks in an ordinary step; one that raises is named', async () => {
  const project = twoRanks(
    'tensorflow',
    "@pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } }) @tensorflow({ singleNode: true, nprocPerNode: 2 })",
    "current.tensorflow.run({ entrypoint: 'program.py', entrypointArgs: [this.how] })",
  )
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('end')).toEqual(['["done",2]'])
  const fails = await project.start(['run', 'flow.ts', '--json', '--how', 'fails']).ended
  expect(fails.exitCode).toBe(1)
  expect(fails.stderr).toMatch(/rank 1 .*exited with code 1/i)
  expect(fails.stderr).toContain('ValueError: rank 1 it is')
  expectNothingLeft(project, fails)
})

const RAY = `import { current, Flow, pypi, resources, step } from '@flow/core'
import { ray } from '@flow/ray'
export default class Alone extends Flow {
  @step start() { this.next(this.work) }
  @pypi({ packages: { 'ray[default]': '2.60.0' } })
  @resources({ cpu: 2 })
  @ray({ singleNode: true })
  @step async work() {
    const { output } = await current.ray.run({ entrypoint: 'cluster.py', entrypointArgs: ['ok'] })
    console.log(JSON.stringify([output, current.ray.nodes.length]))
    await current.ray.run({ entrypoint: 'cluster.py', entrypointArgs: ['fails'] })
    this.next(this.end)
  }
  @step end() {}
}
`

test('@ray: a cluster of one node in an ordinary step', async () => {
  const project = new Project()
  project.write('flow.ts', RAY)
  project.write(
    'cluster.py',
    `import json, os, sys, ray
if sys.argv[1] == 'fails': raise ValueError('this program does')
ray.init()
task = ray.remote(lambda: os.getppid())
where = ray.get([task.remote() for _ in range(2)])
json.dump([len(where), ray.cluster_resources()['CPU']], open(os.environ['FLOW_OUTPUT'], 'w'))
`,
  )
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expect(end.output).toContain('[[2,2],1]')
  expectCoded(end, 'FLOW_RAY_RANK_FAILED')
  expect(end.stderr).toMatch(/rank 0 .*exited with code 1/i)
  expect(end.stderr).toContain('ValueError: this program does')
  expectNothingLeft(project, end)
})
