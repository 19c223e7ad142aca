import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from './blocks.js'
import { type Example, examples } from './examples.js'
import { type PublicExport, publicExports } from './public-exports.js'

const all = examples()
let folder: string

beforeAll(() => {
  // Inside the repository, so that examples find the packages as their users do.
  mkdirSync(join(root, '.cache'), { recursive: true })
  folder = mkdtempSync(join(root, '.cache', 'examples-'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.base.json',
      compilerOptions: { composite: false, incremental: false, noEmit: true },
      include: ['*.ts'],
    }),
  )
  for (const example of all) writeFileSync(fileOf(example), example.program)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fileOf({ file, line }: Example): string {
  return join(folder, `${file.replaceAll(/[/.]/g, '-')}-${line}.ts`)
}

function node(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    // vitest's own timeout cannot interrupt a call that blocks.
    timeout: 60_000,
    env: { ...process.env, FLOW_HOME: join(folder, 'home') },
  })
  return { status, output: stdout + stderr }
}

test('every example of the sources passes the type checker', () => {
  const { status, output } = node(join(root, 'node_modules/.bin/tsc'), '-p', folder)
  expect(output).toBe('')
  expect(status).toBe(0)
})

// One without `export default` needs something that is not everywhere: MPI, a package from an index, a finished run.
const flows = all.filter(({ code }) => /export default .*\bextends Flow\b/s.test(code))
test.each(flows.map(example => [`${example.file}:${example.line}`, example] as const))(
  'the flow at %s runs',
  (_place, example) => {
    const { status, output } = node(join(root, 'packages/core/bin/flow.js'), 'run', fileOf(example))
    expect(status, output).toBe(0)
  },
)

const results = /^(?!\/\/)(?<expression>.+?)\s*\/\/ → (?<value>.+)$/gm
const withResults = all.filter(({ code }) => code.match(results))
test.each(withResults.map(example => [`${example.file}:${example.line}`, example] as const))(
  'what the example at %s shows behind → is what comes out',
  (_place, example) => {
    const checks = example.program.replaceAll(results, 'assert.deepEqual($<expression>, $<value>)')
    writeFileSync(fileOf(example), `import assert from 'node:assert/strict'\n${checks}`)
    expect(node(fileOf(example))).toEqual({ status: 0, output: '' })
  },
)

test('every public export has a docstring with an example', () => {
  const shown = publicExports.filter(({ hasExample }) => hasExample)
  // The example of a function shows the types of its arguments too, and those that they are made of.
  const isShown = ({ name, doc }: PublicExport): boolean =>
    shown.some(one => doc.includes(`{@link ${one.name}`) || new RegExp(`\\b${name}\\b`).test(one.source))
  const open = new Set(publicExports.filter(one => !one.hasExample))
  for (let before = -1; before !== shown.length;) {
    before = shown.length
    for (const one of open) {
      if (!one.isType || !isShown(one)) continue
      shown.push(one)
      open.delete(one)
    }
  }
  expect(publicExports.filter(({ doc }) => doc === '').map(({ name, place }) => `${place}: ${name}`)).toEqual([])
  expect([...open].map(({ name, place }) => `${place}: ${name}`)).toEqual([])
})
