import { readFile, writeFile } from 'node:fs/promises'
import { current, file, type FileArtifact, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

export default class Gang extends Flow {
  readonly nodes = parameter({ default: 4 })
  inherited = 'from start'
  index = -1
  ports: unknown[] = []
  own?: FileArtifact
  report: string[] = []

  @step start() {
    this.next(this.work, { numParallel: this.nodes * 2 - this.nodes })
  }

  @parallel()
  @step
  async work() {
    const { gang, parallel: me } = current
    console.log(`at ${process.cwd()}`)
    console.log(
      `who ${JSON.stringify({ ...me, address: gang.me.address, size: gang.size, path: current.path, inherited: this.inherited })}`,
    )
    this.index = me.nodeIndex
    await gang.publish({ port: 1000 + me.nodeIndex })
    this.ports = await Promise.all(gang.roster.map(({ index }) => gang.fact('port', { from: index })))
    console.log(`before ${process.hrtime.bigint()}`)
    await gang.barrier('middle')
    console.log(`after ${process.hrtime.bigint()}`)
    await writeFile('own.txt', `file of node ${me.nodeIndex}`)
    this.own = await file('own.txt')
    this.next(this.join)
  }

  @step async join(inputs: Inputs<this>) {
    for (const input of inputs)
      this.report.push(`${input.index}: ${input.ports.join(' ')}, ${await readFile(input.own!.path, 'utf8')}`)
    this.mergeArtifacts(inputs, { include: ['inherited', 'ports'] })
    this.next(this.end)
  }

  @step end() {
    console.log(this.report.join('\n'))
    console.log(this.inherited)
  }
}
