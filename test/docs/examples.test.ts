import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Example, examples } from './examples.js'
import { ProgramFolder } from './program-folder.js'
import { type PublicExport, publicExports } from './public-exports.js'

const all = examples()
let folder: ProgramFolder

beforeAll(() => {
  folder = new ProgramFolder('examples')
  for (const example of all) writeFileSync(fileOf(example), example.program)
})
afterAll(() => folder[Symbol.dispose]())

function fileOf({ file, line }: Example): string {
  return folder.path(file, line)
}

test('every example of the sources passes the type checker', () => {
  const { status, output } = folder.check()
  expect(output).toBe('')
  expect(status).toBe(0)
})

// One without `export default` needs something that is not everywhere: MPI, a package from an index, a finished run.
const flows = all.filter(({ code }) => /export default .*\bextends Flow\b/s.test(code))
test.each(flows.map(example => [`${example.file}:${example.line}`, example] as const))(
  'the flow at %s runs',
  (_place, example) => {
    const { status, output } = folder.flow('run', fileOf(example))
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
    expect(folder.node(fileOf(example))).toEqual({ status: 0, output: '' })
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
