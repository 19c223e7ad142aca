import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FlowError } from '../../src/errors/index.js'
import { buildPackage, listPackage, mapStack } from '../../src/package/index.js'
import { Project, runBody } from './project.js'

const FLOW = `import { shared } from '@flow/core'
export { shared }
export default () => 'hello'
`

async function errorOf(promise: Promise<unknown>): Promise<FlowError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!FlowError.is(error)) throw error ?? new Error('nothing was thrown')
  return error
}

describe('buildPackage', () => {
  test('runs a flow with the one copy of core that the body has', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW })
    const code = await buildPackage(project.options())
    expect(runBody(code)).toEqual({ sameCore: true, value: 'hello' })
  })

  test.each(['with spaces', 'a:colon', 'ünïcödé 流', 'x'.repeat(150), "quote's", '100%25', 'a#b?c'])(
    'works in a folder named %s',
    async name => {
      using project = new Project(name)
      project.write({
        'flow.ts': `import { helper } from '@flow/core'\nimport { fileURLToPath } from 'node:url'\n${FLOW.replace("'hello'", 'fileURLToPath(helper)')}`,
      })
      const code = await buildPackage(project.options())
      const { sameCore, value } = runBody(code)
      expect(sameCore).toBe(true)
      expect(readFileSync(String(value), 'utf8')).toContain('echo helper')
    },
  )

  test('takes CommonJS and ES packages, sub-paths, dynamic imports, JSON, and tsconfig paths', async () => {
    using project = new Project()
    project.write({
      'node_modules/common/package.json': '{ "name": "common", "version": "1.0.0", "main": "main.js" }',
      'node_modules/common/main.js':
        'const path = require("node:path")\nmodule.exports = { name: "common", base: f => path.basename(f), here: typeof __dirname }',
      'node_modules/esm/package.json':
        '{ "name": "esm", "version": "1.0.0", "type": "module", "exports": { "./sub": "./lib/sub.js", "./data.json": "./data.json" } }',
      'node_modules/esm/lib/sub.js': 'export const sub = "sub"\nexport default 7',
      'node_modules/esm/data.json': '{ "n": 1 }',
      'lib/mine.ts': 'export const mine: string = "mine"',
      'local.cjs': 'module.exports = { local: require("node:os").EOL.length }',
      'tsconfig.json': '{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@/*": ["./lib/*"] } } }',
      'flow.ts': `import { shared } from '@flow/core'
import common, { name, base } from 'common'
import { sub } from 'esm/sub'
import data from 'esm/data.json' with { type: 'json' }
import { mine } from '@/mine'
import { local } from './local.cjs'
export { shared }
function mark(value: unknown, context: ClassMethodDecoratorContext) { return () => typeof context.name + context.kind }
class A { @mark method() { return '' } }
export default async () => {
  const lazy = await import('common')
  const { default: seven } = await import('esm/sub')
  return [common.name, name, base('/a/b'), sub, data.n, mine, local, lazy.name, seven, new A().method(), common.here]
}`,
    })
    const code = await buildPackage(project.options())
    expect(runBody(code).value).toEqual([
      'common',
      'common',
      'b',
      'sub',
      1,
      'mine',
      1,
      'common',
      7,
      'stringmethod',
      'string',
    ])
    expect(await buildPackage(project.options())).toEqual(code)
  })

  test('what a package may lack, or cannot bring, fails only when it is used', async () => {
    using project = new Project()
    project.write({
      'node_modules/optional/package.json':
        '{ "name": "optional", "version": "1.0.0", "type": "module", "exports": "./main.js" }',
      'node_modules/optional/main.js':
        'import { createRequire } from "node:module"\nexport const parts = await Promise.all([import("not-there"), import("./fast.node")].map(part => part.then(() => "there", error => error.code)))',
      'flow.ts': `import { parts } from 'optional'\n${FLOW.replace("'hello'", 'parts')}`,
    })
    expect(runBody(await buildPackage(project.options())).value).toEqual(['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'])
  })

  test('finds an unchanged package again, and follows each kind of change', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW, 'data.txt': 'one' })
    const first = await buildPackage(project.options())
    expect(await buildPackage(project.options())).toEqual(first)

    project.write({ 'flow.ts': FLOW.replace('hello', 'other') })
    const second = await buildPackage(project.options())
    expect(runBody(second).value).toBe('other')
    expect(second.depsDir).toBe(first.depsDir)

    project.write({ 'data.txt': 'two' })
    const third = await buildPackage(project.options())
    expect(readFileSync(join(third.filesDir, 'data.txt'), 'utf8')).toBe('two')
    expect(readFileSync(join(second.filesDir, 'data.txt'), 'utf8')).toBe('one')

    project.write({
      'node_modules/@flow/core/dist/body/main.js': 'console.log(JSON.stringify({ sameCore: true, value: "new body" }))',
    })
    const fourth = await buildPackage(project.options())
    expect(runBody(fourth).value).toBe('new body')
    expect(fourth.depsDir).not.toBe(third.depsDir)
  })

  test('a file that changes twice within one tick of the clock is seen', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW })
    const { writeFileSync } = await import('node:fs')
    const values: unknown[] = []
    for (const word of ['aaaaa', 'bbbbb', 'ccccc']) {
      writeFileSync(join(project.dir, 'flow.ts'), FLOW.replace('hello', word))
      values.push(runBody(await buildPackage(project.options())).value)
    }
    expect(values).toEqual(['aaaaa', 'bbbbb', 'ccccc'])
  })

  test('is made again when a part of it was removed', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW })
    const code = await buildPackage(project.options())
    for (const dir of [code.dir, code.depsDir, code.filesDir]) {
      rmSync(dir, { recursive: true })
      expect(runBody(await buildPackage(project.options())).value).toBe('hello')
    }
    rmSync(project.home, { recursive: true })
    expect((await buildPackage(project.options())).hash).toBe(code.hash)
  })

  test('several at once make the same one and leave nothing behind', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW })
    const codes = await Promise.all(Array.from({ length: 4 }, () => buildPackage(project.options())))
    expect(new Set(codes.map(code => code.hash)).size).toBe(1)
    expect(existsSync(join(project.home, 'packages', codes[0]?.hash ?? ''))).toBe(true)
    const { readdirSync } = await import('node:fs')
    expect(readdirSync(project.home, { recursive: true }).filter(name => String(name).includes('.new-'))).toEqual([])
  })

  test('equal folders give equal packages', async () => {
    using one = new Project()
    using two = new Project()
    for (const project of [one, two]) project.write({ 'flow.ts': FLOW, 'a/b.txt': 'b' })
    expect((await buildPackage(one.options())).hash).toBe((await buildPackage(two.options())).hash)
  })

  test('a stack is mapped to the author’s file', async () => {
    using project = new Project()
    project.write({
      'flow.ts': FLOW.replace("=> 'hello'", `=> {\n  interface Erased { a: 1 }\n\n  return new Error('x').stack\n}`),
    })
    const code = await buildPackage(project.options())
    const stack = String(runBody(code).value)
    expect(stack).toContain('flow.mjs')
    expect(mapStack(stack, code)).toContain(`${join(project.dir, 'flow.ts')}:6:10`)
  })

  test('a stack is mapped to the files of packages too, but not to those of core', async () => {
    using project = new Project('my project')
    project.write({
      'node_modules/dep/package.json':
        '{ "name": "dep", "version": "1.0.0", "type": "module", "exports": "./index.js" }',
      'node_modules/dep/index.js':
        "import { shared } from '@flow/core'\n\nexport function deep() {\n  shared.used = true\n  return new Error('x').stack\n}",
      'flow.ts': "import { deep } from 'dep'\nexport { shared } from '@flow/core'\nexport default () => deep()",
    })
    const code = await buildPackage(project.options())
    const stack = String(runBody(code).value)
    expect(stack).not.toContain('dep/index.js')
    const mapped = mapStack(stack, code)
    expect(mapped).toContain(`${join(project.dir, 'node_modules/dep/index.js')}:5:10`)
    expect(mapped).toContain(`${join(project.dir, 'flow.ts')}:3:22`)
    const own = /at .*\/deps\/[0-9a-f]{32}\/body-main\.mjs:.*/.exec(stack)?.[0]
    expect(own).toBeDefined()
    expect(mapped).toContain(own)
    // Addresses in other forms than those of modules.
    expect(mapStack(stack.replaceAll(pathToFileURL(project.home).href, project.home), code)).toContain(
      `${join(project.dir, 'node_modules/dep/index.js')}:5:10`,
    )
    // On another machine all lies elsewhere, under the same names.
    const moved = stack.replaceAll(encodeURI(project.home), '/elsewhere').replaceAll(project.home, '/elsewhere')
    expect(mapStack(moved, code)).toContain(`${join(project.dir, 'node_modules/dep/index.js')}:5:10`)
    // Nothing of it is in what travels.
    expect(listPackage(code).filter(({ path }) => path.startsWith('deps/') && path.endsWith('.map'))).toEqual([])
  })

  test('lists what it holds', async () => {
    using project = new Project()
    project.write({ 'flow.ts': FLOW, 'mpi_hello.py': 'print(1)' })
    const listed = listPackage(await buildPackage(project.options())).map(file => file.path)
    expect(listed).toEqual(
      expect.arrayContaining([
        'flow.mjs',
        'deps/body.mjs',
        'deps/agent.mjs',
        'deps/files/@flow/core/scripts/helper.sh',
        'files/mpi_hello.py',
      ]),
    )
  })
})

describe('errors', () => {
  test('a file that is not there', async () => {
    using project = new Project()
    expect((await errorOf(buildPackage(project.options('no.ts')))).code).toBe('FLOW_BUNDLE_NOT_FOUND')
    expect((await errorOf(buildPackage({ ...project.options(), flowFile: project.dir }))).code).toBe(
      'FLOW_BUNDLE_NOT_FOUND',
    )
  })

  test('a file that does not parse, with its place in characters', async () => {
    using project = new Project()
    project.write({
      'flow.ts': `import { x } from './lib.js'\nexport default x`,
      'lib.ts': `export const x = 1\nconst ü = 'ü' const`,
    })
    const error = await errorOf(buildPackage(project.options()))
    expect(error).toMatchObject({
      code: 'FLOW_BUNDLE_SYNTAX',
      at: { file: join(project.dir, 'lib.ts'), line: 2, column: 15 },
    })
    expect(error.frame).toBe(`2 | const ü = 'ü' const\n  |               ^^^^^`)
  })

  test('an import that is not installed, is not a file, or exports no such name', async () => {
    using project = new Project()
    project.write({ 'lib.ts': 'export const a = 1' })
    const codes: Record<string, string> = {}
    for (const line of [
      "import a from '@no/package/sub'; a()",
      "import a from './no.js'; a()",
      "import { b } from './lib.js'; b()",
      "import a from '@flow/core/no'; a()",
    ]) {
      project.write({ 'flow.ts': line })
      const error = await errorOf(buildPackage(project.options()))
      expect(error.at).toMatchObject({ file: join(project.dir, 'flow.ts'), line: 1 })
      codes[error.code] = error.message
    }
    expect(Object.keys(codes).toSorted()).toEqual(['FLOW_BUNDLE_NO_EXPORT', 'FLOW_BUNDLE_UNRESOLVED'])
    expect(dirname(project.home)).toBe(project.dir)
  })
})
