import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Project } from './project.js'

const source = join(import.meta.dirname, 'kv')
const manifest: { dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(source, 'package.json'), 'utf8'),
)
const tools = [Project.devDependency('typescript'), Project.devDependency('@types/node')]

/** A flow that loses its service in the middle. */
const LOSES = `import { current, Flow, type Inputs, step } from '@flow/core'
import { kv } from 'flow-kv'

export default class Loses extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @kv({ startTimeout: 20_000 })
  @step
  async work() {
    await current.kv.set('list', [1, 'two', { three: 3 }])
    await current.gang.barrier('set')
    console.log('stored', JSON.stringify(await current.kv.get('list')), JSON.stringify(await current.kv.get('none')))
    const answer = await fetch(current.kv.url + '/list')
    console.log('without the token', answer.status)
    await current.gang.barrier('seen')
    if (current.gang.me.index === 1) process.kill(current.kv.pid, 'SIGKILL')
    await new Promise(resolve => setTimeout(resolve, 60_000))
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
`

const WRONG = `import { current, Flow, type Inputs, step } from '@flow/core'
import { kv } from 'flow-kv'

export default class Wrong extends Flow {
  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  // @ts-expect-error there is no such option
  @kv({ timeout: 1 })
  @step
  async work() {
    // @ts-expect-error the number to add is missing
    await current.kv.add('total')
    // @ts-expect-error a value may be anything
    const total: number = await current.kv.get('total')
    console.log(total)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  @step end() {}
}
`

/** Some rows of the conformance kit: the others take as long again each, and say little more of this extension. */
const CONFORMANCE = `import { conformance } from '@flow/core/testing'

const checks = conformance(
  { name: 'kv', imports: "import { kv } from 'flow-kv'", decorators: '@kv()' },
  { ranks: 2, run: "await current.kv.add('bodies', 1)\\nawait runRank(current.gang.me.index, 2, this)" },
  { faults: ['ok', 'the agent of control is killed', 'Ctrl-C'], stopWithinMs: 10_000 },
)
for (const { name, run } of checks) {
  await run()
  console.log(name)
}
`

const BAD_OPTION = LOSES.replace('startTimeout: 20_000', 'startTimeout: -1')

let author: Project
let user: Project
beforeAll(() => {
  // Who writes the extension has the package of core as npm gives it, and nothing else of Flow.
  author = new Project()
  author.install(['core'], ...tools, `zod@${manifest.dependencies['zod']}`)
  cpSync(source, join(author.dir, 'kv'), { recursive: true })
  const built = author.run('npx', 'tsc', '-p', 'kv')
  if (built.status !== 0) throw new Error(built.output)
  // Who uses it installs both.
  user = new Project()
  user.install(['core'], author.pack(join(author.dir, 'kv')), ...tools)
  const init = user.run('npx', 'flow', 'init', 'count', '--template', 'flow-kv')
  if (init.status !== 0) throw new Error(init.output)
})
afterAll(() => {
  author[Symbol.dispose]()
  user[Symbol.dispose]()
})

test('flows with the extension pass the type checker, with what it adds to current', () => {
  user.write('count/loses.ts', LOSES)
  user.write('count/wrong.ts', WRONG)
  expect(user.run('npx', 'tsc', '-p', 'count')).toMatchObject({ status: 0, stdout: '' })
})

test('the flow of its template runs: its service, its program and its facts reach every node', () => {
  const { status, output } = user.run('npx', 'flow', 'run', 'count/flow.ts')
  expect(output).toContain('the total is 6')
  expect(status).toBe(0)
})

test('a service that dies is named as the cause, and nothing of the gang is left', () => {
  user.write('count/loses.ts', LOSES)
  const { status, output } = user.run('npx', 'flow', 'run', 'count/loses.ts')
  expect(output).toContain('stored [1,"two",{"three":3}] null')
  expect(output).toContain('without the token 401')
  expect(output).toMatch(/the service kv of node 0 was killed by SIGKILL/)
  expect(status).toBe(1)
  expect(user.run('pgrep', '-f', join(user.dir, 'count')).output).toBe('')
})

test('an option that cannot be is refused before any node starts, by the code of the extension', () => {
  user.write('count/bad-option.ts', BAD_OPTION)
  const { status, output } = user.run('npx', 'flow', 'run', 'count/bad-option.ts')
  expect(output).toMatch(/FLOW_KV_OPTIONS: .*@kv: startTimeout is -1/)
  expect(status).toBe(1)
})

test('it passes the conformance kit', () => {
  user.write('conformance.mjs', CONFORMANCE)
  const { status, output } = user.run('node', 'conformance.mjs')
  expect(output).toBe('kv: ok\nkv: the agent of control is killed\nkv: Ctrl-C\n')
  expect(status).toBe(0)
})
