import type { Expression, Program } from 'oxc-parser'
import { bare } from './syntax.js'

/** What the source alone tells of an expression: a literal's value, or nothing. */
export type Constant = { readonly value: unknown } | undefined

/** The constants at the top of a file, as far as they are made of literals. */
export class Constants {
  readonly #values = new Map<string, Constant>()

  constructor(program: Program) {
    for (const statement of program.body) {
      const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
      if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue
      for (const { id, init } of declaration.declarations) {
        if (id.type === 'Identifier' && init !== null) this.#values.set(id.name, this.value(init))
      }
    }
  }

  /** The value of an expression made of literals, constants of the file and arithmetic. */
  value(expression: Expression): Constant {
    const node = bare(expression)
    switch (node.type) {
      case 'Literal':
        return { value: node.value }
      case 'TemplateLiteral':
        return node.expressions.length === 0 ? { value: node.quasis[0]?.value.cooked } : undefined
      case 'ArrayExpression':
      case 'ObjectExpression':
        return { value: {} }
      case 'Identifier':
        return node.name === 'undefined' ? { value: undefined } : this.#values.get(node.name)
      case 'UnaryExpression':
        return node.operator === '-' ? calculate('-', { value: 0 }, this.value(node.argument)) : undefined
      case 'BinaryExpression':
        return node.left.type === 'PrivateIdentifier'
          ? undefined
          : calculate(node.operator, this.value(node.left), this.value(node.right))
      default:
        return undefined
    }
  }
}

function calculate(operator: string, left: Constant, right: Constant): Constant {
  if (typeof left?.value !== 'number' || typeof right?.value !== 'number') return undefined
  switch (operator) {
    case '+':
      return { value: left.value + right.value }
    case '-':
      return { value: left.value - right.value }
    case '*':
      return { value: left.value * right.value }
    case '/':
      return { value: left.value / right.value }
    case '**':
      return { value: left.value ** right.value }
    default:
      return undefined
  }
}
