import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { allPackages, Project } from './project.js'

const FLOW = `import { Flow, type Inputs, parameter, step } from '@flow/core'

export default class Squares extends Flow {
  declare readonly input: number
  readonly scale = parameter({ default: 1 })
  items = [1, 2, 3]
  square = 0
  sum = 0

  @step start() {
    this.next(this.work, { foreach: 'items' })
  }

  @step work() {
    this.square = this.input ** 2 * this.scale
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.sum = inputs.reduce((sum, input) => sum + input.square, 0)
    this.next(this.end)
  }

  @step end() {
    console.log(\`the sum is \${this.sum}\`)
  }
}
`

const MPI = `import { current, Flow, type Inputs, step } from '@flow/core'
import { mpi } from '@flow/mpi'

export default class Hello extends Flow {
  @step start() {
    this.next(this.multinode, { numParallel: 2 })
  }

  @mpi()
  @step async multinode() {
    const result = await current.mpi.exec({ args: ['-n', 2], program: 'hostname' })
    const exitCode: number | null = result.exitCode
    console.log(exitCode)
    // @ts-expect-error there is no such method
    current.mpi.fly()
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  // @ts-expect-error the decorator wants parentheses
  @mpi
  @step end() {}
}
`

const TORCH = `import { current, Flow, type Inputs, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'

export default class Train extends Flow {
  @step start() {
    this.next(this.train, { numParallel: 2 })
  }

  @torchrun({ nprocPerNode: 2 })
  @step async train() {
    const { output } = await current.torch.run({ entrypoint: 'train.py', entrypointArgs: { epochs: 3, fast: true } })
    const result: unknown = output
    console.log(result)
    // @ts-expect-error a number of ranks is a number
    await current.torch.run({ entrypoint: 'train.py', nprocPerNode: '2' })
    // @ts-expect-error there is no program to run
    await current.torch.run({})
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    console.log(inputs.length)
    this.next(this.end)
  }

  // @ts-expect-error there is no such option
  @torchrun({ ranks: 2 })
  @step end() {}
}
`

const VITE = `import { flowDecorators } from '@flow/core/vite'

export default { plugins: [flowDecorators()] }
`

let project: Project
beforeAll(() => {
  project = new Project()
  project.install(allPackages, Project.devDependency('typescript'), Project.devDependency('@types/node'))
  project.write('flow.ts', FLOW)
  project.write('mpi.ts', MPI)
  project.write('torch.ts', TORCH)
  project.write('vitest.config.ts', VITE)
  project.write(
    'tsconfig.json',
    JSON.stringify({
      compilerOptions: {
        target: 'ES2024',
        module: 'NodeNext',
        types: ['node'],
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noEmit: true,
      },
      include: ['*.ts'],
    }),
  )
})
afterAll(() => project[Symbol.dispose]())

test('the packages hold what they need, and no more', () => {
  const core = join(project.dir, 'node_modules/@flow/core')
  expect(readdirSync(core).toSorted()).toEqual(['LICENSE', 'README.md', 'bin', 'dist', 'package.json', 'scripts'])
  expect(readdirSync(join(core, 'dist'))).not.toContain('.tsbuildinfo')
  expect(readFileSync(join(core, 'bin/flow.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
})

test('there is one copy of core', () => {
  expect(readdirSync(join(project.dir, 'node_modules/@flow/mpi'))).not.toContain('node_modules')
})

test('a flow of a user passes the type checker, with what extensions add to current', () => {
  const { status, stdout } = project.run('npx', 'tsc')
  expect(stdout).toBe('')
  expect(status).toBe(0)
})

test('npx flow run runs it', () => {
  const { status, output } = project.run('npx', 'flow', 'run', 'flow.ts', '--scale', '2')
  expect(output).toContain('the sum is 28')
  expect(status).toBe(0)
  expect(project.run('npx', 'flow', 'list').output).toContain('Squares')
})

test('plain Node.js loads it by way of the register module', () => {
  const script = `import Squares from './flow.ts'; console.log(Squares.name)`
  project.write('load.mjs', script)
  const { status, output } = project.run('node', '--import', '@flow/core/register', 'load.mjs')
  expect(output).toBe('Squares\n')
  expect(status).toBe(0)
})
