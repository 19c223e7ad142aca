// Ordinary steps of several local ranks: in a foreach, tried again, as a join, before a gang.
import { current, Flow, type Inputs, parallel, parameter, resources, retry, step } from '@flow/core'
import { mpi } from '@flow/mpi'

const RANKS = 4

export default class SingleNode extends Flow {
  declare readonly input: number
  readonly how = parameter({ default: 'ok' })
  items = [1, 2]
  ranks = 0
  said: string[] = []

  @step start() {
    this.next(this.work, { foreach: 'items' })
  }

  @retry({ times: 1 })
  @resources({ cpu: RANKS })
  @mpi({ singleNode: true })
  @step
  async work() {
    const fails = this.how === 'fails' || (this.input === 2 && current.attempt === 0) ? 3 : -1
    const program = `echo "element ${this.input} rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"; [ $OMPI_COMM_WORLD_RANK != ${fails} ] || exit 5`
    const { ranks } = await current.mpi.run({ args: ['-n', RANKS], program: ['sh', '-c', program] })
    this.ranks = ranks.length
    this.said = [current.path, `nodes ${current.parallel.numNodes}`]
    this.next(this.join)
  }

  @mpi({ singleNode: true })
  @step
  async join(inputs: Inputs<this>) {
    this.ranks = inputs.reduce((sum, one) => sum + one.ranks, 0)
    await current.mpi.run({ program: 'true' })
    this.next(this.spread)
  }

  @mpi({ singleNode: true })
  @step
  spread() {
    this.next(this.gang, { numParallel: 2 })
  }

  @parallel()
  @step
  gang() {
    this.next(this.merge)
  }

  @step merge(inputs: Inputs<this>) {
    this.ranks = inputs[0].ranks
    this.next(this.end)
  }

  @step end() {
    console.log(`${this.ranks} ranks`)
  }
}
