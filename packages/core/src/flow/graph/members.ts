import type { ClassElement, Decorator, MethodDefinition, Node, ObjectExpression } from 'oxc-parser'
import type { FoundClass } from './classes.js'
import type { Imports } from './imports.js'
import type { PickedFlow } from './pick-flow.js'
import type { Source } from './problem.js'
import { bare, keyName } from './syntax.js'

/** A step as its method stands in the source. */
export interface StepMethod {
  readonly name: string
  readonly node: MethodDefinition
  /** As written, top down, without 'step'. */
  readonly decorators: readonly string[]
}

/** The members of a flow, of its base classes in the file too. */
export interface Members {
  /** In the order of the source, base classes first. */
  readonly steps: ReadonlyMap<string, StepMethod>
  /** Methods that are no steps. */
  readonly helpers: ReadonlySet<string>
}

/** Members that Flow has itself, and `then`: an object that has it is taken for a promise. */
const RESERVED = new Set(['next', 'input', 'mergeArtifacts', 'then'])
/** Core's decorators that mean nothing on a method that is no step. */
const STEP_DECORATORS = new Set([
  'environment',
  'resources',
  'pypi',
  'gangTimeouts',
  'parallel',
  'retry',
  'timeout',
  'catchFailure',
])

/** Reads the steps of a flow and reports what cannot be one. */
export function readMembers(flow: PickedFlow, imports: Imports, source: Source): Members {
  const steps = new Map<string, StepMethod>()
  const helpers = new Set<string>()
  for (const found of flow.classes) {
    const byDecorate = readDecorate(found, imports, source)
    for (const member of found.node.body.body) {
      if (member.type === 'StaticBlock' || member.type === 'TSIndexSignature') continue
      checkReserved(member, source)
      const name = keyName(member.key, member.computed)
      const written = [
        ...member.decorators.map(one => decoratorOf(one, imports)),
        ...(byDecorate.get(name ?? '') ?? []),
      ]
      const isStep = written.some(one => one.core === 'step')
      checkStepCall(member.decorators, imports, source)
      if (isStep) {
        if (!canBeStep(member, name, source) || name === undefined) continue
        if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
          source.report(
            'FLOW_LINT_STEP_NAME',
            member.key,
            `'${name}' cannot be the name of a step`,
            'Use letters, digits and _, with a letter first: it stands in paths.',
          )
          continue
        }
        const decorators = written.filter(one => one.core !== 'step').map(one => one.name)
        steps.set(name, { name, node: member, decorators })
        helpers.delete(name)
      } else if (name !== undefined && member.type === 'MethodDefinition' && member.kind === 'method') {
        checkHelper(member, name, written, steps, source)
        helpers.add(name)
      }
    }
  }
  return { steps, helpers }
}

interface WrittenDecorator {
  readonly name: string
  /** Its name in core, when it is core's. */
  readonly core: string | undefined
}

function decoratorOf(decorator: Decorator | { readonly expression: Node }, imports: Imports): WrittenDecorator {
  const expression = decorator.expression
  const callee = expression.type === 'CallExpression' ? expression.callee : expression
  const last = callee.type === 'MemberExpression' ? callee.property : callee
  const core = imports.coreName(callee)
  return { name: core ?? keyName(last) ?? '?', core }
}

/** Plain JavaScript: decorate(CLASS, { start: step, train: [mpi(), step] }). */
function readDecorate(
  found: FoundClass,
  imports: Imports,
  source: Source,
): ReadonlyMap<string, readonly WrittenDecorator[]> {
  const byName = new Map<string, readonly WrittenDecorator[]>()
  const object: ObjectExpression | undefined = found.decorators
  const methods = new Set(found.node.body.body.map(member => ('key' in member ? keyName(member.key) : undefined)))
  for (const property of object?.properties ?? []) {
    const name = property.type === 'Property' ? keyName(property.key, property.computed) : undefined
    const value = property.type === 'Property' ? bare(property.value) : undefined
    const elements = value?.type === 'ArrayExpression' ? value.elements : [value]
    const isPlain = elements.every(one => one !== null && one !== undefined && one.type !== 'SpreadElement')
    if (name === undefined || !isPlain) {
      source.report(
        'FLOW_LINT_DECORATE',
        property,
        'The decorators of a step must be written out',
        'Write NAME: step, or NAME: [resources({ cpu: 2 }), step].',
      )
    } else if (!methods.has(name)) {
      source.report('FLOW_LINT_DECORATE', property, `The class has no method '${name}'`, 'Name a method of the class.')
    } else {
      byName.set(
        name,
        elements.flatMap(one => (one === null || one === undefined ? [] : decoratorOf({ expression: one }, imports))),
      )
    }
  }
  return byName
}

function checkReserved(
  member: Exclude<ClassElement, { type: 'StaticBlock' | 'TSIndexSignature' }>,
  source: Source,
): void {
  const name = keyName(member.key, member.computed)
  if (name === undefined || !RESERVED.has(name) || member.static || member.key.type === 'PrivateIdentifier') return
  // `declare readonly input: number` only says the type.
  if (name === 'input' && member.type === 'PropertyDefinition' && member.declare === true) return
  const fix =
    name === 'input'
      ? 'Choose another name; to say its type, write declare readonly input: number.'
      : 'Choose another name.'
  source.report('FLOW_LINT_RESERVED_NAME', member.key, `'${name}' is reserved in a flow`, fix)
}

function checkStepCall(decorators: readonly Decorator[], imports: Imports, source: Source): void {
  for (const { expression } of decorators) {
    if (expression.type === 'CallExpression' && imports.coreName(expression.callee) === 'step') {
      source.report('FLOW_LINT_STEP_CALLED', expression, '@step has parentheses', 'Write @step.')
    }
  }
}

function canBeStep(member: ClassElement, name: string | undefined, source: Source): member is MethodDefinition {
  const problem = stepProblem(member, name)
  if (problem === undefined) return true
  const span = 'key' in member ? member.key : member
  source.report(
    'FLOW_LINT_STEP_KIND',
    span,
    `${name === undefined ? 'This step' : `Step '${name}'`} ${problem}`,
    'Make it a plain public method: @step NAME() { … }.',
  )
  return false
}

function stepProblem(member: ClassElement, name: string | undefined): string | undefined {
  if (member.type !== 'MethodDefinition') return 'is not a method'
  if (member.kind !== 'method') return `is a ${member.kind === 'constructor' ? 'constructor' : `${member.kind}ter`}`
  if (member.static) return 'is static'
  if (
    member.key.type === 'PrivateIdentifier' ||
    member.accessibility === 'private' ||
    member.accessibility === 'protected'
  )
    return 'is private'
  if (name === undefined) return 'has a computed name'
  return member.value.generator ? 'is a generator' : undefined
}

function checkHelper(
  member: MethodDefinition,
  name: string,
  written: readonly WrittenDecorator[],
  steps: ReadonlyMap<string, StepMethod>,
  source: Source,
): void {
  if (steps.has(name)) {
    source.report(
      'FLOW_LINT_OVERRIDE',
      member.key,
      `'${name}' replaces a step of the base class but has no @step`,
      `Write @step ${name}(…), with the decorators it needs: it does not inherit them.`,
    )
    return
  }
  const meant = written.find(one => one.core !== undefined && STEP_DECORATORS.has(one.core))
  if (meant === undefined) return
  source.report(
    'FLOW_LINT_STEP_NOT_MARKED',
    member.key,
    `'${name}' has @${meant.name} but not @step`,
    `Write @step before ${name}.`,
  )
}
