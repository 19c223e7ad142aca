import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { expect, test } from 'vitest'
import { flowDecorators } from '../src/vite.js'

const FLOW = `import { word } from './lib.js'
function mark<T extends (...a: never[]) => unknown>(_value: T, context: ClassMethodDecoratorContext) { context.addInitializer(function () { (this as { seen?: string }).seen = String(context.name) }) }
export class A { declare seen: string; @mark method(): string { return '' } }
console.log(word, new A().seen, A.name)
if (process.argv[2] === 'fail') throw new Error('here')
`

test('node --import register runs TypeScript with decorators, and stacks name its lines', () => {
  // In the package's own folder, so that the program finds esbuild as the built one does.
  const dir = mkdtempSync(join(fileURLToPath(new URL('..', import.meta.url)), 'dist-register-'))
  const flows = mkdtempSync(join(tmpdir(), 'flow register '))
  try {
    const register = join(dir, 'register.mjs')
    buildSync({
      entryPoints: [fileURLToPath(new URL('../src/register.ts', import.meta.url))],
      outfile: register,
      format: 'esm',
      logLevel: 'silent',
    })
    writeFileSync(join(flows, 'flow.ts'), FLOW)
    writeFileSync(join(flows, 'lib.ts'), `export const word: string = 'hello'`)
    const run = (...args: string[]) =>
      spawnSync(process.execPath, ['--enable-source-maps', '--import', register, join(flows, 'flow.ts'), ...args], {
        encoding: 'utf8',
      })
    expect(run()).toMatchObject({ stdout: 'hello method A\n', status: 0 })
    expect(run('fail').stderr).toContain('flow.ts:5')
  } finally {
    rmSync(dir, { recursive: true })
    rmSync(flows, { recursive: true })
  }
})

test('the vite plugin lowers decorators wherever they stand, and leaves the rest alone', async () => {
  const plugin = flowDecorators()
  const lowered = await plugin.transform('export default class { @mark method() {} }', '/x/flow.ts?v=1')
  expect(lowered?.code).not.toContain('@mark')
  expect(JSON.parse(lowered?.map ?? '')).toMatchObject({ sources: ['/x/flow.ts'] })
  expect(await plugin.transform('const a = 1', '/x/flow.ts')).toBeUndefined()
  expect(await plugin.transform('"@"', '/x/node_modules/y/flow.ts')).toBeUndefined()
  expect(await plugin.transform('@media print {}', '/x/a.css')).toBeUndefined()
})
