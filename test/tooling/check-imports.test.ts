import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFolderTable } from '../../scripts/architecture-table.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'flow-imports-'))
  write('ARCHITECTURE.md', '| `low/` | text | – |\n| `mid/` | text | low |\n| `top/` | text | all above |\n')
  write('packages/core/package.json', '{ "name": "@flow/core", "exports": { ".": {}, "./vite": {} } }')
})
afterEach(() => rmSync(root, { recursive: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

function check(): { status: number | null; stderr: string } {
  const script = resolve(import.meta.dirname, '../../scripts/check-imports.ts')
  return spawnSync(process.execPath, [script, root], { encoding: 'utf8' })
}

test('imports downwards pass', () => {
  write('packages/core/src/index.ts', `export * from './top/a.js'`)
  write('packages/core/src/low/a.ts', `import './b.js'\nimport 'node:fs'`)
  write('packages/core/src/top/a.ts', `export * from '../mid/a.js'\nawait import('../low/a.js')`)
  write('packages/mpi/src/a.ts', `import '@flow/core/vite'\nimport './b.js'\nimport { x } from '@flow/core'`)
  expect(check()).toMatchObject({ status: 0, stderr: '' })
})

test.each([
  ['import', `import { a } from '../mid/a.js'`, 'low/ may not import mid/'],
  ['import type', `\nimport type { A } from '../mid/a.js'`, 'a.ts:2'],
  ['re-export', `export * from '../mid/a.js'`, 'low/ may not import mid/'],
  ['dynamic import', `await import('../mid/a.js')`, 'low/ may not import mid/'],
  ['type of an import', `type A = import('../mid/a.js').A`, 'low/ may not import mid/'],
  ['an entry', `import '../index.js'`, 'entry'],
  ['out of src', `import '../../../mpi/src/a.js'`, 'leaves'],
  ['an extension', `import '@flow/mpi'`, 'core knows no other package'],
])('core: %s is seen', (_name, source, message) => {
  write('packages/core/src/low/a.ts', source)
  const result = check()
  expect(result.status).toBe(1)
  expect(result.stderr).toContain(message)
})

test.each([`import '@flow/core/dist/index.js'`, `import '../../core/src/index.js'`])(
  'extension: %s is seen',
  source => {
    write('packages/core/src/index.ts', '')
    write('packages/mpi/src/a.ts', source)
    expect(check().status).toBe(1)
  },
)

test('a folder without a row is seen', () => {
  write('packages/core/src/new/a.ts', `import '../low/a.js'`)
  expect(check().stderr).toContain('new/ is missing')
})

test('a row that points upwards is refused', () => {
  expect(() => readFolderTable('| `low/` | text | mid |\n| `mid/` | text | – |\n')).toThrow(/not above/)
})
