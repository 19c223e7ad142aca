import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Finished, expectCoded, expectNothingLeft, expectOk, Project } from './harness/index.js'

interface Who {
  readonly mainIp: string
  readonly numNodes: number
  readonly nodeIndex: number
  readonly controlTaskId: string
  readonly address: string
  readonly size: number
  readonly path: string
  readonly inherited: string
}

function whoOf(end: Finished): Who[] {
  const whos = end.lines('work').filter(line => line.startsWith('who '))
  return whos.map(line => JSON.parse(line.slice(4)) as Who).toSorted((a, b) => a.nodeIndex - b.nodeIndex)
}

test.for([1, 4])(
  'a gang of %i: parallel, facts, barrier, artifacts and files of each node',
  { tags: ['user'] },
  async nodes => {
    const project = new Project()
    const end = await project.run('gang.ts', ['--nodes', String(nodes)])
    expectOk(end)
    const indices = Array.from({ length: nodes }, (_, index) => index)
    const who = whoOf(end)
    expect(who).toEqual(
      indices.map(index => ({
        mainIp: who[0]?.address,
        numNodes: nodes,
        nodeIndex: index,
        controlTaskId: '2',
        address: expect.stringMatching(/^127\./),
        size: nodes,
        path: `Gang/1/work/2@${index}`,
        inherited: 'from start',
      })),
    )
    expect(new Set(who.map(({ address }) => address)).size).toBe(nodes)
    const times = (word: string): bigint[] =>
      end
        .lines('work')
        .filter(line => line.startsWith(word))
        .map(line => BigInt(line.split(' ')[1] ?? 0))
    expect(times('after').every(after => times('before').every(before => before < after))).toBe(true)
    const ports = indices.map(index => 1000 + index).join(' ')
    expect(end.lines('end')).toEqual([
      ...indices.map(index => `${index}: ${ports}, file of node ${index}`),
      'from start',
    ])
    const dumped = await project.dump('Gang/1/work/2')
    expect(indices.map(index => dumped[nodes === 1 ? 'Gang/1/work/2' : `Gang/1/work/2@${index}`]?.['index'])).toEqual(
      indices,
    )
    expectNothingLeft(project, end)
  },
)

test('exec: from control to a worker, on the own node; a worker may not', { tags: ['user'] }, async () => {
  const project = new Project()
  const end = await project.run('gang-exec.ts')
  expectOk(end)
  const [result = '{}', ...rest] = end.events
    .filter(event => event.node === 0 && event.stream === 'stdout')
    .map(event => event.text)
  expect(JSON.parse(result)).toEqual({
    exitCode: 7,
    signal: null,
    stdout: expect.stringMatching(/\/1\/work\n$/),
    stderr: 'to stderr\n',
    output: { question: 'ü' },
    lines: [expect.stringMatching(/\/1\/work$/), 'to stderr'],
  })
  expect(rest.filter(line => /^\w+: /.test(line ?? ''))).toEqual([
    expect.stringMatching(/missing: ("FLOW_|127)/),
    'late: true null SIGTERM',
    'nobody: FLOW_GANG_NO_SUCH_NODE',
    "nothing: 'nothing' could not be copied to every node: control has no such file",
  ])
  expect(
    end.events.filter(event => event.node === 1 && /^\w+: /.test(event.text ?? '')).map(event => event.text),
  ).toEqual([
    'refused: FLOW_GANG_NOT_CONTROL',
    'own: true true /',
    'fact: FLOW_GANG_FACT_TIMEOUT',
    'nobody: FLOW_GANG_NO_SUCH_NODE',
    expect.stringMatching(/^nowhere: Program 'pwd' could not be started: there is no folder \/.*\/work\/nowhere /),
    'ports: 20',
  ])
})

test('a barrier that a node does not enter names it', async () => {
  const project = new Project()
  for (const [who, missing] of [
    [0, 1],
    [1, 0],
  ]) {
    const end = await project.run('gang-barrier.ts', ['--who', String(who)])
    expectCoded(end, new RegExp(`FLOW_GANG_BARRIER_TIMEOUT[^]*Barrier 'alone' was not entered by node ${missing} `))
    expectNothingLeft(project, end)
  }
})

test('two gangs of one foreach run at once and never meet', { tags: ['user'] }, async () => {
  const project = new Project()
  const folder = join(project.dir, 'signals')
  mkdirSync(folder)
  const end = await project.run('gangs.ts', ['--folder', folder, '--max-workers', '2'])
  expectOk(end)
  const [a, b] = JSON.parse(end.lines('end')[0] ?? '') as { letter: string; addresses: string[]; facts: string[] }[]
  expect([a?.facts, b?.facts]).toEqual([
    ['a0', 'a1'],
    ['b0', 'b1'],
  ])
  expect(new Set([...(a?.addresses ?? []), ...(b?.addresses ?? [])]).size).toBe(4)
})

test.for(['0', '1.5', '"four"', '-1', 'null', '{}', '[2]', '1e999'])(
  'numParallel: %s is refused when the step ran',
  async size => {
    const project = new Project()
    const end = await project.run('gang-size.js', ['--size', size])
    expectCoded(end, size === '1e999' ? /FLOW_/ : 'FLOW_NUM_PARALLEL_INVALID')
    expectNothingLeft(project, end)
  },
)

test.for(['0', '1.5', '"four"', '-1'])('numParallel: %s in the source is refused before anything runs', async size => {
  const project = new Project()
  project.write(
    'flow.js',
    `import { decorate, Flow, parallel, step } from '@flow/core'
class Sized extends Flow {
  start() { this.next(this.work, { numParallel: ${size} }) }
  work() { this.next(this.join) }
  join(inputs) { this.next(this.end) }
  end() {}
}
export default decorate(Sized, { start: step, work: [parallel(), step], join: step, end: step })
`,
  )
  expectCoded(await project.flow(['run', 'flow.js']), /FLOW_LINT_NUM_PARALLEL[^]*flow\.js:3/)
  expect((await project.flow(['list'])).stdout).toBe('nothing has run here yet\n')
})

test('a gang above the limit is refused, with the flag that raises it', async () => {
  const project = new Project()
  const end = await project.run('gang-size.js', ['--size', '10000'])
  expectCoded(end, /FLOW_GANG_TOO_LARGE[^]*--max-nodes 10000/)
  expectCoded(await project.run('gang-size.js', ['--size', '3', '--max-nodes', '2']), 'FLOW_GANG_TOO_LARGE')
  expectOk(await project.run('gang-size.js', ['--size', '3', '--max-nodes', '3']))
})
