import { mkdirSync } from 'node:fs'
import { current, Flow, FlowError, type Inputs, parameter, pypi, resources, step } from '@flow/core'
import { deepspeed, type DeepSpeedRunOptions } from '@flow/deepspeed'

interface Answer {
  readonly output?: unknown
  readonly ranks?: number
  readonly code?: string
  readonly text?: string
}

/** Runs lists of runs, the lists at the same time, and tells what became of each; `--throws` lets the first error out. */
export default class DeepspeedCases extends Flow {
  readonly cases = parameter({ default: '[]' })
  readonly throws = parameter({ default: false })
  answers: readonly Answer[] = []

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } })
  @resources({ cpu: 2 })
  @deepspeed()
  @step
  async work() {
    // Control has it, and its worker has not.
    mkdirSync('of-control', { recursive: true })
    const lists = JSON.parse(this.cases) as readonly (readonly DeepSpeedRunOptions[])[]
    const answers = await Promise.all(
      lists.map(async list => {
        const ofList: Answer[] = []
        for (const one of list) ofList.push(await this.answer(one))
        return ofList
      }),
    )
    this.answers = answers.flat()
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.answers = inputs[0].answers
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.answers))
  }

  private async answer(options: DeepSpeedRunOptions): Promise<Answer> {
    try {
      const { output, ranks } = await current.deepspeed.run(options)
      return { output, ranks: ranks.length }
    } catch (error) {
      if (this.throws || !FlowError.is(error)) throw error
      return { code: error.code, text: [error.message, error.why].join('\n') }
    }
  }
}
