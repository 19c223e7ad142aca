import { current, Flow, type Inputs, parameter, resources, step } from '@flow/core'
import { mpi } from '@flow/mpi'
import { sequentialPageRank } from './sequential.js'

const CPUS = 2
const NODES = 4

interface Answer {
  readonly ranks: number
  readonly iterations: number
  readonly sum: number
  readonly top: readonly { readonly page: number; readonly score: number }[]
}

export default class MpiPageRank extends Flow {
  readonly pages = parameter({ default: 100_000 })
  readonly edges = parameter({ default: 1_000_000 })
  readonly seed = parameter({ default: 7 })
  readonly iterations = parameter({ default: 30 })
  answer: Answer | undefined
  worst = Number.NaN

  @step start() {
    this.next(this.multinode, { numParallel: NODES })
  }

  @resources({ cpu: CPUS })
  @mpi()
  @step
  async multinode() {
    await current.mpi.cc({ args: ['-O2', '-Wall', '-o', 'pagerank', 'pagerank.c'] })
    await current.mpi.broadcastFile('pagerank')
    const { output } = await current.mpi.run({
      program: './pagerank',
      programArgs: [this.pages, this.edges, this.seed, this.iterations],
    })
    this.answer = output as Answer
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.answer = inputs[0].answer
    this.next(this.check)
  }

  /** The same graph, the same iterations, by one loop in TypeScript. */
  @step check() {
    const scores = sequentialPageRank(this.pages, this.edges, this.seed, this.iterations)
    const top = this.answer?.top ?? []
    this.worst = Math.max(...top.map(({ page, score }) => Math.abs(score - (scores[page] ?? 0)) / score))
    if (top.length === 0 || !(this.worst < 1e-9)) {
      throw new Error(`the parallel answer is wrong: it differs by ${this.worst} of its value`)
    }
    this.next(this.end)
  }

  @step end() {
    const [first] = this.answer?.top ?? []
    console.log(
      `page ${first?.page} leads with ${first?.score.toExponential(4)}; ${this.answer?.ranks} ranks agree with one loop`,
    )
  }
}
