import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { describe, expect, test, vi } from 'vitest'
import {
  endings,
  expectCoded,
  expectNothingLeft,
  expectOk,
  expectSaved,
  type Finished,
  killRank,
  Project,
  ranksWait,
  savesPy,
} from './harness/index.js'

// The first makes the environment: PyTorch is large.
vi.setConfig({ testTimeout: 600_000 })

const torch = "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })"

function flowOf(run: string, decorator = torch): string {
  return `import { current, Flow, type Inputs, parameter, pypi, resources, retry, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'
export default class Torch extends Flow {
  readonly how = parameter({ default: 'ok' })
  output: unknown
  @step start() { this.next(this.work, { numParallel: 2 }) }
  ${decorator}
  @resources({ cpu: 2 })
  @torchrun()
  @step async work() {
    ${run}
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.output = inputs[0].output; this.next(this.end) }
  @step end() { console.log(JSON.stringify(this.output)) }
}
`
}

/** A plain program for torchrun; rank 3, on node 1, ends as it is told. */
const program = `import json, os, signal, sys
import torch
import torch.distributed as dist
how = sys.argv[1]
# Before the ranks meet: gloo, started again, now and then looks for those of the first time (2.13.0).
if how == 'once' and os.environ['TORCHELASTIC_RESTART_COUNT'] == '0': sys.exit(5)
dist.init_process_group('gloo')
rank = dist.get_rank()
total = torch.tensor([rank])
dist.all_reduce(total)
print(f'rank {rank} of {dist.get_world_size()}: sum {total.item()}', flush=True)
if rank == 3:
    if how == 'raise': raise ValueError('rank 3 does not like this')
    if how == 'kill': os.kill(os.getpid(), signal.SIGKILL)
    if how == 'lose':
        pid = os.getpid()
        while b'agent.mjs' not in open(f'/proc/{pid}/cmdline', 'rb').read():
            pid = int(open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[1])
        os.kill(pid, signal.SIGKILL)
        signal.pause()
# Were a rank gone, this would wait for it.
dist.barrier()
if rank == 0: json.dump({'sum': total.item()}, open(os.environ['FLOW_OUTPUT'], 'w'))
dist.destroy_process_group()
`

/** Two branches, each with a gang of two nodes, one rank each. */
const TWO_GANGS = `import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'
export default class Two extends Flow {
  output: unknown
  outputs: unknown[] = []
  @step start() { this.next(this.left, this.right) }
  @step left() { this.next(this.trainLeft, { numParallel: 2 }) }
  @step right() { this.next(this.trainRight, { numParallel: 2 }) }
  ${torch}
  @torchrun({ nprocPerNode: 1 })
  @step async trainLeft() { await this.train(); this.next(this.joinLeft) }
  ${torch}
  @torchrun({ nprocPerNode: 1 })
  @step async trainRight() { await this.train(); this.next(this.joinRight) }
  @step joinLeft(inputs: Inputs<this>) { this.output = inputs[0].output; this.next(this.join) }
  @step joinRight(inputs: Inputs<this>) { this.output = inputs[0].output; this.next(this.join) }
  @step join(inputs: Inputs<this>) { this.outputs = [...inputs].map(input => input.output); this.next(this.end) }
  @step end() { console.log(JSON.stringify(this.outputs)) }
  async train() {
    this.output = (await current.torch.run({ entrypoint: 'program.py', entrypointArgs: ['ok'] })).output
  }
}
`

const RUN = "this.output = (await current.torch.run({ entrypoint: 'program.py', entrypointArgs: [this.how] })).output"

/** Directories that torchrun makes for itself. */
function torchelastic(): string[] {
  return readdirSync(tmpdir()).filter(name => name.startsWith('torchelastic_'))
}

function runFlow(project: Project, run: string, how: string, decorator = torch): Promise<Finished> {
  project.write('program.py', program)
  project.write('flow.ts', flowOf(run, decorator))
  return project.start(['run', 'flow.ts', '--json', '--how', how]).ended
}

test('a program for torchrun runs unchanged on two nodes, two ranks each', async () => {
  const before = torchelastic()
  const project = new Project()
  const run = "await current.torch.run({ entrypoint: 'plain.py', entrypointArgs: ['ok'] })"
  // Not a line of it knows of Flow.
  const plain = program.replace(/^.*FLOW_OUTPUT.*\n/m, '')
  expect(plain).not.toMatch(/flow/i)
  project.write('plain.py', plain)
  const end = await runFlow(project, run, 'ok')
  expectOk(end)
  const places = end.events
    .filter(event => event.type === 'log' && event.text?.startsWith('rank ') === true)
    .map(event => `${String(event.text)} @${String(event.node)}`)
  expect(places.toSorted()).toEqual([
    'rank 0 of 4: sum 6 @0',
    'rank 1 of 4: sum 6 @0',
    'rank 2 of 4: sum 6 @1',
    'rank 3 of 4: sum 6 @1',
  ])
  expectNothingLeft(project, end)
  expect(torchelastic().filter(name => !before.includes(name))).toEqual([])
})

describe('a rank of node 1 that fails is named by the run', () => {
  test.each([
    { how: 'raise', code: 'FLOW_TORCHRUN_RANK_FAILED', says: 'ValueError: rank 3 does not like this' },
    { how: 'kill', code: 'FLOW_TORCHRUN_RANK_KILLED', says: 'rank 3 on node 1 was killed by SIGKILL' },
  ])('$how: $code', async ({ how, code, says }) => {
    const project = new Project()
    const end = await runFlow(project, RUN, how)
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain(code)
    expect(end.stderr).toContain(says)
    expect(end.stderr).toMatch(/rank 3 on node ?1/i)
    expectNothingLeft(project, end)
  })
})

test("torchrun's own restarts: a rank's end is an event, the launcher's end decides", async () => {
  const project = new Project()
  const run = RUN.replace('entrypointArgs', 'torchrunArgs: { standalone: true, maxRestarts: 1 }, entrypointArgs')
  const end = await runFlow(project, run, 'once')
  expectOk(end)
  expect(end.lines('end')).toEqual(['{"sum":1}'])
  expectNothingLeft(project, end)
})

test.for(endings)('ranks that save what they have get the grace for it, and are told once: %s', async ending => {
  const project = new Project()
  project.write('saves.py', savesPy)
  const timeout = ending === 'a timeout of the program' ? ', timeout: 7_000' : ''
  project.write('flow.ts', flowOf(`await current.torch.run({ entrypoint: 'saves.py'${timeout} })`))
  const end = await expectSaved(project, project.start(['run', 'flow.ts', '--json']), 4, ending)
  if (ending !== 'Ctrl-C') expect(end.stderr).toMatch(/FLOW_TORCHRUN_(?:TIMEOUT|RANK_KILLED)/)
})

test('a step that catches the error of a program goes on, though torchrun would wait for the nodes whose ranks failed', async () => {
  const project = new Project()
  project.write('saves.py', savesPy)
  project.write('program.py', program)
  const text = flowOf(`try { await current.torch.run({ entrypoint: 'saves.py' }) } catch (error) {
      console.log('caught ' + (error as { code: string }).code)
    }
    ${RUN}`)
  project.write(
    'flow.ts',
    text.replace('pypi,', 'pypi, timeout,').replace('@resources', '@timeout({ minutes: 1 })\n  @resources'),
  )
  const run = project.start(['run', 'flow.ts', '--json'])
  await ranksWait(run, 4)
  await killRank(run, 3)
  const end = await run.ended
  expectOk(end)
  const caught = end.lines('work').filter(line => line.startsWith('caught'))
  expect(caught).toEqual(['caught FLOW_TORCHRUN_RANK_KILLED', 'caught FLOW_TORCHRUN_RANK_KILLED'])
  expectNothingLeft(project, end)
})

test('a node that is lost ends the attempt, and the next one is a fresh gang', async () => {
  const project = new Project()
  const run = RUN.replace('this.how', "current.attempt === 0 ? 'lose' : 'ok'")
  const end = await runFlow(project, run, 'ok', `@retry({ times: 1, on: ['lost'] })\n  ${torch}`)
  expectOk(end)
  expect(end.events.find(event => event.type === 'task.retrying')).toMatchObject({ step: 'work', attempt: 1 })
  expect(JSON.stringify(end.events)).toContain('node 1 was lost: its agent was killed by SIGKILL')
  expect(end.lines('end')).toEqual(['{"sum":6}'])
  expectNothingLeft(project, end)
})

test('two gangs at once on one machine do not meet', async () => {
  const project = new Project()
  project.write('program.py', program)
  project.write('flow.ts', TWO_GANGS)
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  // Each has two ranks of its own; four that met would say 6.
  expect(end.lines('end')).toEqual(['[{"sum":1},{"sum":1}]'])
  expectNothingLeft(project, end)
})

test('two programs at once on one gang do not meet; a launcher that is killed is named, not a rank of it', async () => {
  const project = new Project()
  project.write(
    'port.py',
    `import os, signal, sys
print('{} {RANK} at {MASTER_PORT}'.format(sys.argv[1], **os.environ), flush=True)
if sys.argv[1] == 'third': signal.pause()
`,
  )
  const call = (name: string): string => `current.torch.run({ entrypoint: 'port.py', entrypointArgs: ['${name}'] })`
  project.write('flow.ts', flowOf(`await Promise.all([${call('first')}, ${call('second')}]); await ${call('third')}`))
  const run = project.start(['run', 'flow.ts', '--json'])
  await Promise.all([0, 1, 2, 3].map(rank => run.event(({ text }) => text?.startsWith(`third ${rank} at `) === true)))
  const launcher = /torch\.distributed\.run .*--node-rank=1 /
  process.kill(
    project.find(command => launcher.test(command)),
    'SIGKILL',
  )
  const end = await run.ended
  const ports = ['first', 'second'].map(name => {
    const lines = end.lines('work').filter(line => line.startsWith(`${name} `))
    expect(new Set(lines.map(line => line.split(' ')[1]))).toEqual(new Set(['0', '1', '2', '3']))
    return [...new Set(lines.map(line => line.split(' ')[3]))]
  })
  expect(ports.map(({ length }) => length)).toEqual([1, 1])
  expect(new Set(ports.flat()).size).toBe(2)
  expectCoded(end, 'FLOW_TORCHRUN_LAUNCH_FAILED')
  expect(end.stderr).toMatch(/launcher of node 1 was killed by SIGKILL/)
  expectNothingLeft(project, end)
})

test('no such program, a bad import, a call that one node does not make, no PyTorch: coded errors', async () => {
  const project = new Project()
  const missing = await runFlow(project, "await current.torch.run({ entrypoint: './no-such-program' })", 'ok')
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toContain('FLOW_TORCHRUN_PROGRAM_MISSING')
  const script = await runFlow(project, "await current.torch.run({ entrypoint: 'no-such-script.py' })", 'ok')
  expect(script.exitCode).toBe(1)
  expect(script.stderr).toContain('FLOW_TORCHRUN_PROGRAM_MISSING')
  expect(script.stderr).toMatch(/no-such-script\.py was not found on node[01]/)
  project.write('imports.py', 'import no_such_module\n')
  const imports = await runFlow(project, "await current.torch.run({ entrypoint: 'imports.py' })", 'ok')
  expect(imports.exitCode).toBe(1)
  expect(imports.stderr).toContain("ModuleNotFoundError: No module named 'no_such_module'")
  const one = flowOf(`if (current.parallel.nodeIndex === 1) { ${RUN} }`)
  project.write('one.ts', one.replace('@torchrun()', '@torchrun({ allNodesStartedTimeout: 500 })'))
  const late = await project.start(['run', 'one.ts', '--json']).ended
  expectCoded(late, 'FLOW_TORCHRUN_NODES_MISSING')
  expect(late.stderr).toContain('node0 did not call current.torch.run within 500 ms')
  const none = await runFlow(project, RUN, 'ok', '@pypi({ packages: {} })')
  expect(none.exitCode).toBe(1)
  expect(none.stderr).toContain('FLOW_TORCHRUN_MISSING')
  expectNothingLeft(project, none)
})

test('the example torch-gpt: the loss falls, and the model writes', async () => {
  const project = new Project('torch-gpt')
  project.useExample('torch-gpt')
  const end = await project.start(['run', 'flow.ts', '--json']).ended
  expectOk(end)
  expect(end.lines('end').join('\n')).toContain('green bottles')
  expectNothingLeft(project, end)
})
