import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectCoded, expectGone, expectNoStack, expectNothingLeft, expectOk, Project } from './harness/index.js'
import { NamespacedHosts } from './harness/namespaced-hosts.js'

// Machines that share nothing but the system's own files: network, mount, process and host name namespaces.
let hosts: NamespacedHosts

beforeAll(async () => {
  hosts = await NamespacedHosts.create(4)
})
afterAll(() => hosts[Symbol.asyncDispose]())

/** With the backend beside the flow, as a stranger would write it. */
function hostsProject(): Project {
  const project = new Project()
  project.use('hosts-backend.ts')
  return project
}

/** The hosts run nothing, and hold nothing but what is kept for the next run. */
function expectHostsEmpty(): void {
  for (const index of hosts.machines.keys()) expect(hosts.left(index)).toBe('')
}

test('code, artifacts, files, streams, broadcasts and logs cross, and nothing is left', async () => {
  const project = hostsProject()
  project.write('beside.txt', 'a file')
  const end = await project.run('hosts.ts', ['--with', hosts.option])
  expectOk(end)
  const work = end.lines('work')
  const of = (start: string): string[] => work.filter(line => line.startsWith(start))
  expect(of('beside')).toEqual(Array.from({ length: 4 }, () => 'beside the flow: a file'))
  expect(of('read')).toEqual(Array.from({ length: 4 }, () => 'read 625000 208333 10000 5000000'))
  expect(of('runs, ')).toEqual(Array.from({ length: 4 }, () => 'runs, page of start, run.sh'))
  // The numbers and the model.
  expect(of('blobs')).toEqual(Array.from({ length: 4 }, () => 'blobs of 5000000 bytes: 2'))
  expect(of('broadcast')).toEqual(Array.from({ length: 4 }, () => 'broadcast true'))
  expect(end.lines('join')).toEqual([
    'host0 10.77.0.1: hello of 3, 5000000 0, of node 0',
    'host1 10.77.0.2: hello of 0, 5000001 1, of node 1',
    'host2 10.77.0.3: hello of 1, 5000002 2, of node 2',
    'host3 10.77.0.4: hello of 2, 5000003 3, of node 3',
  ])
  expect(end.lines('end')).toEqual(['unread 5000000 5'])
  const { stdout } = await project.flow(['logs', end.task('work')])
  const logged = stdout.split('\n').flatMap(line => /line (\d+)$/.exec(line)?.[1] ?? [])
  expect(logged).toEqual(Array.from({ length: 20_000 }, (_, line) => String(line)))
  expectHostsEmpty()
  expectNothingLeft(project, end)
})

const hello = `import json, os, signal, socket, sys
from mpi4py import MPI
world = MPI.COMM_WORLD
how = json.load(open(os.environ['FLOW_INPUT']))['how']
total = world.allreduce(world.rank)
print(f'rank {world.rank} of {world.size} on {socket.gethostname()}: sum {total}', flush=True)
world.Barrier()
if how == 'badly':
    if world.rank == 5:
        print('last words', file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
if world.rank == 0:
    json.dump({'sum': total}, open(os.environ['FLOW_OUTPUT'], 'w'))
`

/** What was brought to a host, with numbers that change when it is brought again. */
const KEPT = 'find ~/.cache/flow -name "*.mjs" -o -name mpirun | sort | xargs ls -i'

test('Open MPI of a Python environment that the hosts do not have; a rank that is killed is named', async () => {
  const project = hostsProject()
  project.write('hello.py', hello)
  // Environments lie below the home, which the hosts do not see.
  const inHome = { env: { FLOW_CACHE_DIR: undefined, XDG_CACHE_HOME: undefined } }
  const end = await project.run('hosts-mpi.ts', ['--with', hosts.option], inHome)
  expectOk(end)
  const ranks = end.lines('work').filter(line => line.startsWith('rank '))
  expect(ranks.toSorted()).toEqual(
    Array.from({ length: 8 }, (_, rank) => `rank ${rank} of 8 on host${Math.floor(rank / 2)}: sum 28`),
  )
  expect(end.lines('end')).toEqual(['{"sum":28}'])
  expectHostsEmpty()

  const kept = hosts.run(1, KEPT)
  const killed = await project.run('hosts-mpi.ts', ['--how', 'badly', '--with', hosts.option], inHome)
  expectCoded(killed, /FLOW_MPI_RANK_KILLED(.|\n)*rank 5 on node 2 was killed by SIGKILL(.|\n)*last words/)
  // Code and environment were there: this run brought nothing.
  expect(hosts.run(1, KEPT)).toBe(kept)
  expectHostsEmpty()

  hosts.run(1, 'ln -sf /nowhere/python3 ~/.cache/flow/envs/*/bin/python')
  const noPython = await project.run('hosts-mpi.ts', ['--with', hosts.option], inHome)
  expectCoded(noPython, /FLOW_HOST_PYTHON_MISSING(.|\n)*Host 10\.77\.0\.2 of node 1(.|\n)*\/nowhere\/python3/)
  hosts.run(1, 'rm ~/.cache/flow/envs/*/.flow-complete')
  expectCoded(await project.run('hosts-mpi.ts', ['--with', hosts.option], inHome), /FLOW_HOST_FILES(.|\n)*not whole/)
  hosts.run(1, 'rm -r ~/.cache/flow/envs')
  expectHostsEmpty()
  expectNothingLeft(project, killed)
})

test('a cable pulled for longer than the lease loses that node; for less, it is survived', async () => {
  const project = hostsProject()
  const lost = project.startRun('gang-waits.ts', ['--with', hosts.option])
  await Promise.all(
    [0, 1, 2].map(node => lost.event(event => event.node === node && event.text?.startsWith('waiting ') === true)),
  )
  hosts.cable(2, false)
  const end = await lost.ended
  hosts.cable(2, true)
  expect(end.stderr).toMatch(/node 2 was lost: /)
  expect(end.events.at(-1)).toMatchObject({ type: 'run.ended', outcome: 'lost', exitCode: 1 })
  expectNoStack(end)
  expectHostsEmpty()

  const run = project.startRun('gang-waits.ts', ['--go', '/mnt/go', '--with', hosts.option])
  await Promise.all(
    [0, 1, 2].map(node => run.event(event => event.node === node && event.text?.startsWith('waiting ') === true)),
  )
  hosts.cable(1, false)
  await delay(2_000)
  hosts.cable(1, true)
  for (const index of hosts.machines.keys()) hosts.run(index, 'touch /mnt/go')
  const survived = await run.ended
  expectOk(survived)
  expectHostsEmpty()
  expectNothingLeft(project, survived)
})

test('kill -9 of flow run leaves nothing on any host', async () => {
  const project = hostsProject()
  const run = project.startRun('gang-waits.ts', ['--with', hosts.option])
  await Promise.all(
    [0, 1, 2].map(node => run.event(event => event.node === node && event.text?.startsWith('waiting ') === true)),
  )
  run.kill('SIGKILL')
  await run.ended
  await expect
    .poll(() => hosts.machines.map((_, index) => hosts.left(index)), { timeout: 15_000 })
    .toEqual(['', '', '', ''])
  // The backend's own part of each stream ends with its far end.
  await expectGone(() => project.processes(), 10_000)
})
