import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Statement } from 'oxc-parser'
import { root } from './blocks.js'
import { declaredNames, docstringBefore, moduleOf, nameOf, plainText, sourceOf } from './source.js'

/** A declaration that a module exports, with its docstring. */
export interface Declaration {
  readonly name: string
  readonly isType: boolean
  /** Where it is declared: `packages/mpi/src/mpi.ts:12`. */
  readonly place: string
  /** The text of its docstring, without stars; empty when it has none. */
  readonly doc: string
  /** Its declaration as it stands. */
  readonly source: string
  /** It, or a member of it, has an `@example`. */
  readonly hasExample: boolean
}

/** A name that users import from a package. */
export interface PublicExport extends Declaration {
  /** What users write behind `from`, such as `@flow/core/client`. */
  readonly specifier: string
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
}

/** All that the packages export, found by following the exports of each entry point to the declarations. */
export const publicExports: readonly PublicExport[] = globSync('packages/*/package.json', { cwd: root })
  .toSorted()
  .flatMap(path => {
    const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest
    return Object.entries(manifest.exports).flatMap(([entry, target]) => {
      if (typeof target === 'string') return []
      const source = target.default.replace('/dist/', '/src/').replace(/js$/, 'ts')
      const specifier = join(manifest.name, entry)
      return exportsOf(join(root, dirname(path), source)).map(found => ({ specifier, ...found }))
    })
  })

/** All that a module exports, itself or from others. */
export function exportsOf(file: string): Declaration[] {
  return exportedNames(file).map(name => {
    const found = find(file, name)
    if (found === undefined) throw new Error(`${file} exports ${name}, but nothing declares it`)
    return found
  })
}

function exportedNames(file: string): string[] {
  const names = moduleOf(file).body.flatMap(statement => {
    if (statement.type === 'ExportAllDeclaration') return exportedNames(sourceOf(file, statement.source.value))
    if (statement.type !== 'ExportNamedDeclaration') return []
    return [...declaredNames(statement), ...statement.specifiers.map(({ exported }) => nameOf(exported))]
  })
  // A function with overloads is declared more than once.
  return [...new Set(names)]
}

function find(file: string, name: string): Declaration | undefined {
  for (const statement of moduleOf(file).body) {
    const passed = passedOn(statement, name)
    if (passed === undefined) continue
    const found = find(sourceOf(file, passed.source), passed.name)
    if (found !== undefined) return { ...found, name, isType: found.isType || passed.isType }
  }
  return describe(file, name)
}

/** Where a statement `export … from …` gets the name from, if it does. */
function passedOn(statement: Statement, name: string): { source: string; name: string; isType: boolean } | undefined {
  if (statement.type === 'ExportAllDeclaration')
    return { source: statement.source.value, name, isType: statement.exportKind === 'type' }
  if (statement.type !== 'ExportNamedDeclaration' || statement.source === null) return undefined
  const specifier = statement.specifiers.find(({ exported }) => nameOf(exported) === name)
  if (specifier === undefined) return undefined
  const isType = statement.exportKind === 'type' || specifier.exportKind === 'type'
  return { source: statement.source.value, name: nameOf(specifier.local), isType }
}

function describe(file: string, name: string): Declaration | undefined {
  const module = moduleOf(file)
  const declared = module.body.filter(statement => declaredNames(statement).includes(name))
  if (declared[0] === undefined) return undefined
  const doc = declared.map(({ start }) => docstringBefore(module, start)).join('\n')
  const within = ({ start, end }: { start: number; end: number }): boolean =>
    declared.some(statement => statement.start < start && end < statement.end)
  const members = module.comments.filter(within).map(({ value }) => plainText(value))
  return {
    name,
    place: `${relative(root, file)}:${module.text.slice(0, declared[0].start).split('\n').length}`,
    isType: declared.every(({ start }) =>
      /^(?:export )?(?:interface|type) /.test(module.text.slice(start, start + 20)),
    ),
    doc,
    source: declared.map(({ start, end }) => module.text.slice(start, end)).join('\n'),
    hasExample: [doc, ...members].some(text => /^\s*@example\b/m.test(text)),
  }
}
