import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Comment, parseSync, type Statement } from 'oxc-parser'

/** A source file, parsed. */
export interface Module {
  readonly text: string
  readonly body: readonly Statement[]
  readonly comments: readonly Comment[]
}

const modules = new Map<string, Module>()

/** @param file Absolute path. Parsed once. */
export function moduleOf(file: string): Module {
  const known = modules.get(file)
  if (known !== undefined) return known
  const text = readFileSync(file, 'utf8')
  const { program, comments } = parseSync(file, text)
  const module = { text, body: program.body, comments }
  modules.set(file, module)
  return module
}

/** The source file that an import of `./x.js` in `file` means. */
export function sourceOf(file: string, specifier: string): string {
  return join(dirname(file), specifier.replace(/js$/, 'ts'))
}

/** The names that a statement declares, exported or not. */
export function declaredNames(statement: Statement): string[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  switch (declaration?.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return declaration.id === null ? [] : [declaration.id.name]
    default:
      return []
  }
}

export function nameOf(name: { readonly type: string; readonly name?: string; readonly value?: string }): string {
  return name.name ?? name.value ?? ''
}

/** The docstring that ends right before a place of the module; empty when there is none. */
export function docstringBefore({ text, comments }: Module, start: number): string {
  const comment = comments.find(
    ({ type, value, end }) =>
      type === 'Block' && value.startsWith('*') && end <= start && text.slice(end, start).trim() === '',
  )
  return comment === undefined ? '' : plainText(comment.value)
}

/** A docstring without its stars. */
export function plainText(comment: string): string {
  return comment
    .replace(/^\*/, '')
    .replaceAll(/^[ \t]*\* ?/gm, '')
    .trim()
}
