import type { Class, Expression, Node } from 'oxc-parser'
import { flagOf } from '../parameter-spec.js'
import type { Imports } from './imports.js'
import type { PickedFlow } from './pick-flow.js'
import type { Source } from './problem.js'
import { bare, isFunctionLike, keyName, thisMember, walk } from './syntax.js'

/** Flags of `flow run` itself, without dashes; a test of the command holds this list. */
export const runFlags: ReadonlySet<string> = new Set([
  'with',
  'tag',
  'max-workers',
  'max-num-splits',
  'max-nodes',
  'json',
  'dry-run',
  'help',
])

/**
 * Reports parameters that cannot work: private ones, ones that are not a whole field, ones read before their value is
 * known (a field initialiser, the constructor), and writes.
 */
export function lintParameters(flow: PickedFlow, imports: Imports, source: Source): void {
  const names = new Set<string>()
  const isParameterCall = (node: Node): boolean =>
    node.type === 'CallExpression' && imports.coreName(node.callee) === 'parameter'
  for (const { node } of flow.classes) collect(node, isParameterCall, names, source)
  for (const { node } of flow.classes) {
    for (const member of node.body.body) {
      if (member.type === 'TSIndexSignature' || member.type === 'StaticBlock') continue
      if (member.type === 'MethodDefinition') {
        lintMethod(member.value, member.kind === 'constructor', names, isParameterCall, source)
      } else if (member.value !== null && !isParameterCall(bare(member.value))) {
        lintInitialiser(member.value, names, isParameterCall, source)
      }
    }
  }
}

function collect(node: Class, isParameterCall: (node: Node) => boolean, names: Set<string>, source: Source): void {
  for (const member of node.body.body) {
    if (member.type !== 'PropertyDefinition' && member.type !== 'AccessorProperty') continue
    if (member.value === null || !isParameterCall(bare(member.value))) continue
    const name = keyName(member.key, member.computed)
    const isHidden =
      member.key.type === 'PrivateIdentifier' ||
      member.accessibility === 'private' ||
      member.accessibility === 'protected'
    if (isHidden || member.static || member.type === 'AccessorProperty' || name === undefined) {
      const what = isHidden
        ? 'private'
        : member.static
          ? 'static'
          : name === undefined
            ? 'a computed field'
            : 'an accessor'
      source.report(
        'FLOW_LINT_PARAMETER_FIELD',
        member.key,
        `A parameter is ${what}`,
        'Make it a plain public field: readonly rate = parameter({ default: 0.1 }).',
      )
    } else {
      names.add(name)
      if (runFlags.has(flagOf(name))) {
        source.report(
          'FLOW_LINT_PARAMETER_FLAG',
          member.key,
          `Parameter '${name}' would be the flag --${flagOf(name)}, which flow run has itself`,
          `Give it another name, e.g. '${name}Value'.`,
        )
      }
    }
  }
}

function lintInitialiser(
  value: Expression,
  names: ReadonlySet<string>,
  isParameterCall: (node: Node) => boolean,
  source: Source,
): void {
  walk(value, node => {
    if (isParameterCall(node)) {
      source.report(
        'FLOW_LINT_PARAMETER_USE',
        node,
        'parameter() is part of a larger expression',
        'Make the parameter a field of its own, and calculate with it in a step.',
      )
      return false
    }
    // A function runs later, when the value is there.
    if (isFunctionLike(node)) return false
    return reportRead(node, names, 'a field initialiser', source)
  })
}

function lintMethod(
  method: Node,
  isConstructor: boolean,
  names: ReadonlySet<string>,
  isParameterCall: (node: Node) => boolean,
  source: Source,
): void {
  walk(method, node => {
    if (isParameterCall(node)) {
      source.report(
        'FLOW_LINT_PARAMETER_USE',
        node,
        'parameter() is called in a method',
        'Make it a field of the flow: readonly rate = parameter({ default: 0.1 }).',
      )
      return false
    }
    const written = writtenMember(node)
    if (written !== undefined && names.has(written)) {
      source.report(
        'FLOW_LINT_PARAMETER_WRITE',
        node,
        `Parameter '${written}' cannot be written`,
        'Copy it into another field and change that.',
      )
      return false
    }
    if (isConstructor && (node === method || !isFunctionLike(node)))
      return reportRead(node, names, 'the constructor', source)
    return undefined
  })
}

function reportRead(node: Node, names: ReadonlySet<string>, where: string, source: Source): boolean | undefined {
  const name = thisMember(node)
  if (name === undefined || !names.has(name)) return undefined
  source.report(
    'FLOW_LINT_PARAMETER_USE',
    node,
    `Parameter '${name}' is used in ${where}`,
    'Its value is known when a step runs: move this into the start step, or into a getter.',
  )
  return false
}

function writtenMember(node: Node): string | undefined {
  if (node.type === 'AssignmentExpression') return thisMember(node.left)
  return node.type === 'UpdateExpression' ? thisMember(node.argument) : undefined
}
