import { writeFileSync } from 'node:fs'
import {
  catchFailure,
  current,
  file,
  type FileArtifact,
  Flow,
  type Inputs,
  parallel,
  retry,
  step,
  type TaskFailure,
  timeout,
} from '@flow/core'

/** One of three siblings fails for good, then a gang of two does: the flow goes on with what it has. */
export default class Caught extends Flow {
  declare readonly input: string
  words = ['good', 'bad', 'well']
  word = ''
  model?: FileArtifact
  failure?: TaskFailure
  lost?: TaskFailure
  told: unknown[] = []

  @step start() {
    this.next(this.each, { foreach: 'words' })
  }

  @retry({ times: 1, on: ['user-error'] })
  @catchFailure()
  @step
  async each() {
    this.word = `${this.input} ${current.attempt}`
    writeFileSync('model', this.word)
    this.model = await file('model')
    if (this.input === 'bad') throw new RangeError('it cannot be')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs, { exclude: ['word', 'model'] })
    this.told.push(
      inputs.map(input => [input.word, input.model === undefined, input.failure?.message ?? null]),
      this.failure === undefined,
      inputs[1]?.failure,
    )
    this.next(this.split)
  }

  @step split() {
    this.next(this.gang, { numParallel: 2 })
  }

  @timeout({ seconds: 60 })
  @catchFailure({ as: 'lost' })
  @parallel()
  @step
  async gang() {
    this.word = 'from the gang'
    if (current.parallel.nodeIndex === 1) process.exit(3)
    // It is stopped here, and not while it stores what it set.
    await current.gang.barrier('never entered by all')
    this.next(this.joinGang)
  }

  @step joinGang(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs)
    this.told.push(inputs.map(input => [input.word, input.words.length, input.lost?.node, input.lost?.exitCode]))
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.told))
  }
}
