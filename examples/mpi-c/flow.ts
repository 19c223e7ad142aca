import { current, Flow, type Inputs, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const CPUS = 2
const NODES = 4

/** The step compiles, because only it knows the MPI that will run the program. */
export default class MpiC extends Flow {
  lines: string[] = []

  @step start() {
    this.next(this.multinode, { numParallel: NODES })
  }

  @resources({ cpu: CPUS })
  @mpi()
  @step
  async multinode() {
    await current.mpi.cc({ args: ['-O2', '-Wall', '-o', 'ring', 'ring.c'] })
    await current.mpi.broadcastFile('ring')
    const result = await current.mpi.run({ program: './ring', programArgs: [3] })
    this.lines = result.stdout.trim().split('\n')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.lines = inputs[0].lines
    this.next(this.end)
  }

  @step end() {
    console.log(this.lines.at(-1))
  }
}
