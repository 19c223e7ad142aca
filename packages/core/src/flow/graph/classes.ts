import type { Class, Expression, Node, ObjectExpression, Program } from 'oxc-parser'
import type { Imports } from './imports.js'
import { bare, keyName } from './syntax.js'

/** A class of the file. */
export interface FoundClass {
  readonly name: string | undefined
  readonly node: Class
  readonly isAbstract: boolean
  /** In plain JavaScript: the second argument of `decorate`. */
  readonly decorators?: ObjectExpression
  /** Names under which the file exports it. */
  readonly exports: string[]
}

/** All classes that stand at the top of a file, with the names under which they are exported. */
export function findClasses(program: Program, imports: Imports): readonly FoundClass[] {
  const found: FoundClass[] = []
  const byName = (name: string): FoundClass | undefined => found.findLast(one => one.name === name)
  const add = (node: Class, name: string | undefined, decorators?: ObjectExpression): FoundClass => {
    const own = node.id?.name ?? name
    const entry: FoundClass = {
      name: own,
      node,
      isAbstract: node.abstract === true,
      exports: [],
      ...(decorators === undefined ? {} : { decorators }),
    }
    found.push(entry)
    return entry
  }
  /** A class, or decorate(CLASS, {…}), or the name of a class. */
  const addValue = (value: Expression, name: string | undefined): FoundClass | undefined => {
    const node = bare(value)
    if (node.type === 'ClassExpression') return add(node, name)
    if (node.type === 'Identifier') return byName(node.name)
    if (node.type !== 'CallExpression' || imports.coreName(node.callee) !== 'decorate') return undefined
    const [first, second] = node.arguments
    const decorators = second?.type === 'ObjectExpression' ? second : undefined
    if (first?.type === 'ClassExpression') return add(first, name, decorators)
    const plain = first?.type === 'Identifier' ? byName(first.name) : undefined
    if (plain === undefined) return undefined
    // The class now has steps: one entry takes the place of the other.
    const entry: FoundClass = { ...plain, ...(decorators === undefined ? {} : { decorators }) }
    found.splice(found.indexOf(plain), 1, entry)
    if (name !== undefined && name !== plain.name) aliases.set(name, entry)
    return entry
  }
  const aliases = new Map<string, FoundClass>()
  const declare = (node: Node): readonly FoundClass[] => {
    if (node.type === 'ClassDeclaration') return [add(node, undefined)]
    if (node.type !== 'VariableDeclaration') return []
    return node.declarations.flatMap(one => {
      if (one.init === null || one.id.type !== 'Identifier') return []
      return addValue(one.init, one.id.name) ?? []
    })
  }
  for (const statement of program.body) {
    if (statement.type === 'ExportNamedDeclaration' && statement.declaration !== null) {
      for (const entry of declare(statement.declaration)) entry.exports.push(entry.name ?? '')
    } else if (statement.type === 'ExportDefaultDeclaration') {
      const value = statement.declaration
      if (value.type === 'ClassDeclaration') add(value, undefined).exports.push('default')
      // An identifier may stand for a class that comes below: see the second round.
      else if (value.type !== 'Identifier' && isExpression(value)) addValue(value, undefined)?.exports.push('default')
    } else if (statement.type === 'ExpressionStatement') {
      addValue(statement.expression, undefined)
    } else {
      declare(statement)
    }
  }
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration' && statement.declaration.type === 'Identifier') {
      const name = statement.declaration.name
      ;(byName(name) ?? aliases.get(name))?.exports.push('default')
    } else if (
      statement.type === 'ExportNamedDeclaration' &&
      statement.source === null &&
      statement.exportKind !== 'type'
    ) {
      for (const one of statement.specifiers) {
        const local = keyName(one.local) ?? ''
        ;(byName(local) ?? aliases.get(local))?.exports.push(keyName(one.exported) ?? '')
      }
    }
  }
  return found
}

function isExpression(node: Node): node is Expression {
  return node.type !== 'FunctionDeclaration' && node.type !== 'TSInterfaceDeclaration'
}

/** Where the chain of base classes of a class ends. */
export type Lineage =
  /** At core's Flow: the classes of the file from the base to the class itself. */
  | { readonly ends: 'flow'; readonly classes: readonly FoundClass[] }
  /** At a class of another file. */
  | { readonly ends: 'elsewhere'; readonly name: string; readonly from: string; readonly superClass: Expression }
  | { readonly ends: 'nowhere' }

/** Follows the base classes of a class through the file. */
export function lineageOf(found: FoundClass, all: readonly FoundClass[], imports: Imports): Lineage {
  const classes: FoundClass[] = []
  for (let one: FoundClass | undefined = found; one !== undefined && !classes.includes(one);) {
    classes.unshift(one)
    const superClass: Expression | null = one.node.superClass
    if (superClass === null) return { ends: 'nowhere' }
    if (imports.coreName(superClass) === 'Flow') return { ends: 'flow', classes }
    if (superClass.type !== 'Identifier') return { ends: 'nowhere' }
    const name: string = superClass.name
    const from = imports.elsewhere(name)
    if (from !== undefined) return { ends: 'elsewhere', name, from, superClass }
    one = all.find(other => other.name === name)
  }
  return { ends: 'nowhere' }
}
