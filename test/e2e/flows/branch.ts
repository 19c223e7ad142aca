import { existsSync, writeFileSync, watch } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { Flow, type Inputs, parameter, step } from '@flow/core'

/** `first` ends only when `third` has: a join's order is that of the graph all the same. */
export default class Branch extends Flow {
  readonly folder = parameter({ required: true })
  common = ''
  name = ''
  only?: string
  names: string[] = []

  @step start() {
    this.common = 'shared'
    this.next(this.first, this.second, this.third)
  }

  @step async first() {
    const signal = join(this.folder, 'third')
    const watcher = watch(this.folder)
    while (!existsSync(signal)) await once(watcher, 'change')
    watcher.close()
    this.name = 'first'
    this.next(this.join)
  }

  @step second() {
    this.name = 'second'
    this.only = 'from second'
    this.next(this.join)
  }

  @step third() {
    this.name = 'third'
    writeFileSync(join(this.folder, 'third'), '')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.names = inputs.map(input => input.name)
    this.mergeArtifacts(inputs, { exclude: ['name', 'names'] })
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify({ names: this.names, common: this.common, only: this.only }))
  }
}
