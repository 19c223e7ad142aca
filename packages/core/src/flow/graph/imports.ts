import type { Node, Program } from 'oxc-parser'
import { keyName } from './syntax.js'

/** The specifier of core's public module. */
const CORE = '@flow/core'

/** What a file imports, as far as it matters to read a flow. */
export class Imports {
  readonly #core = new Map<string, string>()
  readonly #namespaces = new Set<string>()
  readonly #elsewhere = new Map<string, string>()

  constructor(program: Program) {
    for (const statement of program.body) {
      if (statement.type !== 'ImportDeclaration' || statement.importKind === 'type') continue
      const from = statement.source.value
      for (const one of statement.specifiers) {
        const local = one.local.name
        if (from !== CORE) this.#elsewhere.set(local, from)
        else if (one.type === 'ImportNamespaceSpecifier') this.#namespaces.add(local)
        else if (one.type === 'ImportSpecifier' && one.importKind !== 'type')
          this.#core.set(local, keyName(one.imported) ?? local)
      }
    }
  }

  /** The name under which core exports what this expression names (`step`, `s` of `step as s`, `core.step`). */
  coreName(node: Node): string | undefined {
    if (node.type === 'Identifier') return this.#core.get(node.name)
    if (node.type !== 'MemberExpression' || node.computed || node.object.type !== 'Identifier') return undefined
    return this.#namespaces.has(node.object.name) ? keyName(node.property) : undefined
  }

  /** The module from which this name comes, when it is not core. */
  elsewhere(local: string): string | undefined {
    return this.#elsewhere.get(local)
  }
}
