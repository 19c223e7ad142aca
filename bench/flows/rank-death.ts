import { current, Flow, type Inputs, parameter, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const NODES = 4
const CPUS = 2

/** One rank exits; the others write down when SIGTERM came (rank.sh). All clocks are one machine's. */
export default class RankDeath extends Flow {
  readonly dir = parameter({ required: true, help: 'where the times are written' })

  @step start() {
    this.next(this.nodes, { numParallel: NODES })
  }

  @resources({ cpu: CPUS })
  @mpi()
  @step
  async nodes() {
    const ranks = NODES * CPUS
    await current.mpi.exec({ args: ['-n', ranks], program: ['sh', 'rank.sh', this.dir, String(ranks)] })
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    throw new Error(`the gang survived: ${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
