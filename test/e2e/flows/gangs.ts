import { existsSync, watch, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

/** Two gangs at once, in a foreach: neither ends before the other has begun. */
export default class Gangs extends Flow {
  declare readonly input: string
  readonly folder = parameter({ required: true })
  letters = ['a', 'b']
  addresses: string[] = []
  facts: string[] = []
  all: { letter: string; addresses: string[]; facts: string[] }[] = []

  @step start() {
    this.next(this.split, { foreach: 'letters' })
  }

  @step split() {
    this.next(this.work, { numParallel: 2 })
  }

  @parallel()
  @step
  async work() {
    const { gang } = current
    this.addresses = gang.roster.map(({ address }) => address)
    await gang.publish({ letter: `${this.input}${gang.me.index}` })
    if (gang.me.index === 0) await this.meet()
    await gang.barrier('same name')
    this.facts = (await Promise.all([0, 1].map(from => gang.fact('letter', { from })))) as string[]
    this.next(this.joinNodes)
  }

  @step joinNodes(inputs: Inputs<this>) {
    this.mergeArtifacts(inputs, { include: ['addresses', 'facts'] })
    this.next(this.joinAll)
  }

  @step joinAll(inputs: Inputs<this>) {
    this.all = inputs.map(({ addresses, facts }, index) => ({ letter: this.letterOf(index), addresses, facts }))
    this.next(this.end)
  }

  @step end() {
    console.log(JSON.stringify(this.all))
  }

  letterOf(index: number): string {
    return ['a', 'b'][index] ?? ''
  }

  async meet(): Promise<void> {
    const other = this.input === 'a' ? 'b' : 'a'
    const watcher = watch(this.folder)
    writeFileSync(join(this.folder, this.input), '')
    while (!existsSync(join(this.folder, other))) await once(watcher, 'change')
    watcher.close()
  }
}
