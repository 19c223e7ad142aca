import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './project.js'

const manifest: { engines: { node: string } } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../packages/core/package.json'), 'utf8'),
)
const oldest = manifest.engines.node.replace('>=', '')
const tooOld = '22.14.0'
// What the package `node` would install: it has the program, and needs no script.
const binaries = `node-${process.platform}-${process.arch}`

const FLOW = `import { current, file, type FileArtifact, Flow, type Inputs, parallel, parameter, step } from '@flow/core'
import { writeFile } from 'node:fs/promises'

export default class Small extends Flow {
  readonly scale = parameter({ default: 2 })
  declare readonly input: number
  items = [1, 2, 3]
  product = 0
  note?: FileArtifact

  @step start() {
    this.next(this.times, { foreach: 'items' })
  }

  @step times() {
    this.product = this.input * this.scale
    this.next(this.gather)
  }

  @step gather(inputs: Inputs<this>) {
    this.items = inputs.map(input => input.product)
    this.next(this.split)
  }

  @step split() {
    this.next(this.gang, { numParallel: 2 })
  }

  @parallel()
  @step async gang() {
    const { me, size } = current.gang
    const stream = await current.gang.stream((me.index + 1) % size)
    stream.end(String(me.index))
    for await (const chunk of stream) this.product = Number(chunk)
    await writeFile('note.txt', 'from ' + process.version)
    this.note = await file('note.txt')
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.items = [...inputs[0].items, ...inputs.map(input => input.product)]
    this.next(this.end)
  }

  @step end() {
    console.log(process.version, this.items.join())
  }
}
`

const CLIENT = `import { client } from '@flow/core/client'
using flows = client()
console.log(await flows.flow('Small').latestRun().step('end').tasks()[0].artifact('items'))
`

let project: Project
beforeAll(() => {
  project = new Project()
  project.install(['core'], `oldest@npm:${binaries}@${oldest}`, `too-old@npm:${binaries}@${tooOld}`)
  project.write('flow.ts', FLOW)
  // `using` is lowered by the register module: Node.js 22 cannot parse it.
  project.write('client.ts', CLIENT)
})
afterAll(() => project[Symbol.dispose]())

const flow = 'node_modules/@flow/core/bin/flow.js'

test(`Node.js ${oldest}, the oldest that package.json allows, runs a flow with a gang, and programs read the run`, () => {
  const node = 'node_modules/oldest/bin/node'
  const { status, output } = project.run(node, flow, 'run', 'flow.ts')
  expect(output).toContain(`v${oldest} 2,4,6,1,0`)
  expect(status).toBe(0)
  const read = project.run(node, '--import', '@flow/core/register', 'client.ts')
  expect(read.output).toContain('[ 2, 4, 6, 1, 0 ]')
  expect(read.status).toBe(0)
})

test(`Node.js ${tooOld} is told in one line that it is too old`, () => {
  const { status, output } = project.run('node_modules/too-old/bin/node', flow, 'run', 'flow.ts')
  expect(output).toBe(`FLOW_NODE_TOO_OLD: flow needs Node.js ${oldest} or newer, this is ${tooOld}\n`)
  expect(status).toBe(2)
})
