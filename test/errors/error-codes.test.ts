import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { coreErrorCodes } from '../../packages/core/src/errors/codes.js'

const root = resolve(import.meta.dirname, '../..')
const rows = readFileSync(join(root, 'docs/errors.md'), 'utf8')
  .split('\n')
  .flatMap(line => {
    const [, code, meaning, fix] = /^\| `(FLOW_\w+)` +\|(.*)\|(.*)\|$/.exec(line) ?? []
    return code === undefined ? [] : [{ code, meaning: meaning?.trim(), fix: fix?.trim() }]
  })
const documented = rows.map(row => row.code)

const tables: { name: string; source: string; codes: readonly string[] }[] = [
  { name: 'core', source: 'packages/core', codes: Object.keys(coreErrorCodes) },
]
for (const name of readdirSync(join(root, 'packages')).toSorted()) {
  const table = join(root, 'packages', name, 'src/errors.ts')
  if (name === 'core' || !existsSync(table)) continue
  const module: Record<string, Record<string, string>> = await import(table)
  tables.push({ name, source: `packages/${name}`, codes: Object.values(module).flatMap(codes => Object.keys(codes)) })
}
const known = tables.flatMap(table => table.codes)

describe('docs/errors.md', () => {
  test('is sorted, and has no code twice', () => {
    expect(documented).toEqual([...new Set(documented)].toSorted())
  })

  test('has a meaning and an advice in every row', () => {
    expect(rows.filter(row => row.meaning === '' || row.fix === '').map(row => row.code)).toEqual([])
  })

  test('has exactly the codes of the tables in the source', () => {
    expect(documented).toEqual(known.toSorted())
  })
})

describe.each(tables)('the table of $name', ({ source, codes }) => {
  const table = /errors(?:\/codes)?\.ts$/
  const used = new Map<string, string>()
  for (const folder of ['src', 'bin', 'scripts']) {
    for (const file of filesUnder(join(root, source, folder))) {
      if (table.test(file)) continue
      for (const [code] of readFileSync(file, 'utf8').matchAll(/\bFLOW_[A-Z0-9]+(?:_[A-Z0-9]+)*\b/g))
        used.set(code, file)
    }
  }

  test('has no code that nothing raises', () => {
    expect(codes.filter(code => !used.has(code))).toEqual([])
  })

  test('has every code that is raised', () => {
    expect(codesRaised(join(root, source, 'src')).filter(({ code }) => !known.includes(code))).toEqual([])
  })
})

/** Codes where an error is made or named as one: environment variables have the same prefix. */
function codesRaised(folder: string): { code: string; file: string }[] {
  return filesUnder(folder).flatMap(file => {
    const text = readFileSync(file, 'utf8')
    return [...text.matchAll(/(?:Error\(\s*|\bcode: )'(FLOW_\w+)'/g)].map(([, code = '']) => ({ code, file }))
  })
}

function filesUnder(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
