import type { Argument, Expression, Node } from 'oxc-parser'
import { visitorKeys } from 'oxc-parser'

/** What {@link walk} tells of the way down to a node: the nodes above it, outermost first. */
export type Ancestors = readonly Node[]

/** Visits a node and all below it. `visit` returns false to leave out what is below. */
export function walk(root: Node, visit: (node: Node, above: Ancestors) => boolean | void): void {
  const above: Node[] = []
  const enter = (node: Node): void => {
    if (visit(node, above) === false) return
    above.push(node)
    for (const child of children(node)) enter(child)
    above.pop()
  }
  enter(root)
}

function* children(node: Node): Generator<Node> {
  for (const key of visitorKeys[node.type] ?? []) {
    const value = (node as unknown as Record<string, Node | null | undefined | readonly (Node | null)[]>)[key]
    if (Array.isArray(value)) {
      for (const one of value as readonly (Node | null)[]) if (one !== null) yield one
    } else if (value !== null && value !== undefined) {
      yield value as Node
    }
  }
}

/** An expression without parentheses and without what only the type checker sees (`as`, `satisfies`, `!`). */
export function bare(node: Expression | Argument): Expression | Argument {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
      return bare(node.expression)
    default:
      return node
  }
}

/** The NAME of `this.NAME` or `this['NAME']`; undefined for anything else. */
export function thisMember(node: Node): string | undefined {
  return node.type === 'MemberExpression' && node.object.type === 'ThisExpression' ? memberName(node) : undefined
}

/** The NAME of `super.NAME`; undefined for anything else. */
export function superMember(node: Node): string | undefined {
  return node.type === 'MemberExpression' && node.object.type === 'Super' ? memberName(node) : undefined
}

function memberName(node: Node & { type: 'MemberExpression' }): string | undefined {
  if (node.property.type === 'PrivateIdentifier') return undefined
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined
  return node.property.type === 'Literal' && typeof node.property.value === 'string' ? node.property.value : undefined
}

/** True where another function or class begins: what is inside runs at another time, mostly with another `this`. */
export function isFunctionLike(node: Node): boolean {
  return (
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration' ||
    node.type === 'ArrowFunctionExpression' ||
    node.type === 'ClassExpression' ||
    node.type === 'ClassDeclaration'
  )
}

/** The plain name of a property, method or export; undefined for a computed one. */
export function keyName(key: Node, computed = false): string | undefined {
  if (key.type === 'Literal') return String(key.value)
  return !computed && (key.type === 'Identifier' || key.type === 'PrivateIdentifier') ? key.name : undefined
}
