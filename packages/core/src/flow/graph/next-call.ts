import type { CallExpression, Expression, ObjectExpression } from 'oxc-parser'
import type { Constants } from './constants.js'
import type { Members, StepMethod } from './members.js'
import { nearest } from './nearest.js'
import type { Source, Span } from './problem.js'
import { type Ancestors, bare, isFunctionLike, keyName, superMember, thisMember, walk } from './syntax.js'

/** What `this.next(…)` of a step says. */
export interface NextCall {
  readonly span: Span
  readonly targets: readonly { readonly name: string; readonly span: Span }[]
  readonly foreach?: string
  readonly numParallel?: { readonly text: string; readonly value?: number }
}

/** Finds the one `this.next(…)` of a step and reports all that cannot be read. Undefined for a step without one. */
export function readNext(
  step: StepMethod,
  members: Members,
  constants: Constants,
  source: Source,
): NextCall | undefined {
  const calls = findCalls(step, members, source)
  const [call, ...others] = calls
  for (const other of others) {
    source.report(
      'FLOW_LINT_NEXT_TWICE',
      other,
      `Step '${step.name}' calls this.next() more than once`,
      'Call it once. To go on with several steps, write this.next(this.a, this.b).',
    )
  }
  return call === undefined ? undefined : readCall(call, members, constants, source)
}

function findCalls(step: StepMethod, members: Members, source: Source): CallExpression[] {
  const calls: CallExpression[] = []
  if (step.node.value.body === null) return calls
  walk(step.node.value.body, (node, above) => {
    const parent = above.at(-1)
    const isCallee = parent?.type === 'CallExpression' && parent.callee === node
    const ofSuper = superMember(node)
    if (ofSuper === 'next') {
      source.report('FLOW_LINT_NEXT_SUPER', node, 'super.next() hides what comes next', 'Write this.next(…).')
    } else if (ofSuper !== undefined && members.steps.has(ofSuper) && isCallee) {
      source.report(
        'FLOW_LINT_STEP_CALL',
        node,
        `super.${ofSuper}() runs a step inside another`,
        `Move what both need into a method that is no step, and write this.next(…) here.`,
      )
    }
    const name = thisMember(node)
    // A function that is no arrow has another `this`, say that of an iterator with a next of its own.
    if (name === undefined || above.some(one => isFunctionLike(one) && one.type !== 'ArrowFunctionExpression')) return
    if (name === 'next') {
      if (isCallee && !parent.optional && node.type === 'MemberExpression' && !node.optional && !node.computed) {
        checkPlace(parent, above.slice(0, -1), source)
        calls.push(parent)
      } else {
        source.report(
          'FLOW_LINT_NEXT_FORM',
          node,
          'this.next is used in another way than this.next(…)',
          'Write this.next(this.NAME) as a statement of its own.',
        )
      }
    } else if (isCallee && members.steps.has(name)) {
      source.report(
        'FLOW_LINT_STEP_CALL',
        node,
        `this.${name}() calls a step`,
        `Go on with it by this.next(this.${name}), or move what you need into a method that is no step.`,
      )
    }
  })
  return calls
}

/** A graph that depends on what happens at run time cannot be read: next stands at the top of the step. */
function checkPlace(call: CallExpression, above: Ancestors, source: Source): void {
  if (above.some(isFunctionLike)) {
    source.report(
      'FLOW_LINT_NEXT_NESTED',
      call,
      'this.next() stands in a nested function',
      'Move it to the end of the step itself.',
    )
    return
  }
  const outer = above.find(node => !HARMLESS.has(node.type))
  if (outer === undefined) return
  source.report(
    'FLOW_LINT_NEXT_CONDITIONAL',
    call,
    `this.next() stands inside ${placeName(outer.type)}`,
    'Call it unconditionally at the end of the step. The way through the graph cannot depend on data: decide inside the next step.',
  )
}

/** What may stand around `this.next()`: anything else may leave it out, or call it more than once. */
const HARMLESS = new Set([
  'BlockStatement',
  'FunctionBody',
  'ExpressionStatement',
  'AwaitExpression',
  'ParenthesizedExpression',
  'ReturnStatement',
])

const placeNames: Readonly<Record<string, string>> = {
  IfStatement: 'an if',
  SwitchStatement: 'a switch',
  TryStatement: 'a try',
  ConditionalExpression: 'a ternary',
  LogicalExpression: 'a condition',
  LabeledStatement: 'a labelled block',
}

function placeName(type: string): string {
  if (/^(For|While|DoWhile)/.test(type)) return 'a loop'
  return placeNames[type] ?? 'another expression'
}

function readCall(call: CallExpression, members: Members, constants: Constants, source: Source): NextCall | undefined {
  const last = call.arguments.at(-1)
  const options = last?.type === 'ObjectExpression' && call.arguments.length > 1 ? last : undefined
  const given = options === undefined ? call.arguments : call.arguments.slice(0, -1)
  if (given.length === 0) {
    source.report('FLOW_LINT_NEXT_FORM', call, 'this.next() got no step', 'Write this.next(this.NAME).')
    return undefined
  }
  const targets: { readonly name: string; readonly span: Span }[] = []
  let isReadable = true
  for (const argument of given) {
    const name = thisMember(bare(argument))
    if (name === undefined || argument.type === 'SpreadElement') {
      source.report(
        'FLOW_LINT_NEXT_FORM',
        argument,
        targetProblem(bare(argument).type),
        'Write each next step as this.NAME.',
      )
      isReadable = false
    } else if (targets.some(target => target.name === name)) {
      source.report(
        'FLOW_LINT_NEXT_FORM',
        argument,
        `this.next() names step '${name}' twice`,
        'Name each next step once.',
      )
    } else if (isTarget(name, argument, members, source)) {
      targets.push({ name, span: argument })
    } else {
      isReadable = false
    }
  }
  if (!isReadable) return undefined
  if (options === undefined) return { span: call, targets }
  if (given.length > 1) {
    source.report(
      'FLOW_LINT_NEXT_FORM',
      options,
      'this.next() got several steps and options',
      'Split a branch in a step of its own.',
    )
    return undefined
  }
  const split = readOptions(options, constants, source)
  return split === undefined ? undefined : { span: call, targets, ...split }
}

function targetProblem(type: string): string {
  if (type === 'ConditionalExpression' || type === 'LogicalExpression') return 'The next step is chosen by a condition'
  if (type === 'SpreadElement') return 'The next steps are spread from a list'
  if (type === 'ObjectExpression') return 'The next steps are in an object'
  if (type === 'Literal' || type === 'TemplateLiteral') return 'The next step is named by a text'
  return type === 'Identifier' ? 'The next step is in a variable' : 'The next step is calculated'
}

function isTarget(name: string, span: Span, members: Members, source: Source): boolean {
  if (members.steps.has(name)) return true
  if (members.helpers.has(name)) {
    source.report('FLOW_LINT_UNKNOWN_STEP', span, `'${name}' is a method but no step`, `Write @step before ${name}.`)
    return false
  }
  const near = nearest(name, [...members.steps.keys()])
  source.report(
    'FLOW_LINT_UNKNOWN_STEP',
    span,
    `The flow has no step '${name}'`,
    near === undefined ? `Its steps are: ${[...members.steps.keys()].join(', ')}.` : `Did you mean this.${near}?`,
  )
  return false
}

type SplitOptions = Pick<NextCall, 'foreach' | 'numParallel'>

function readOptions(options: ObjectExpression, constants: Constants, source: Source): SplitOptions | undefined {
  let split: SplitOptions = {}
  for (const property of options.properties) {
    const key = property.type === 'Property' ? keyName(property.key, property.computed) : undefined
    if (property.type !== 'Property' || (key !== 'numParallel' && key !== 'foreach')) {
      source.report(
        'FLOW_LINT_NEXT_OPTION',
        property,
        `this.next() has no option ${key === undefined ? 'of this form' : `'${key}'`}`,
        "Its options are { numParallel: 4 } and { foreach: 'items' }.",
      )
      return undefined
    }
    const value = constants.value(property.value)
    if (key === 'foreach') {
      if (typeof value?.value !== 'string') {
        source.report(
          'FLOW_LINT_FOREACH',
          property.value,
          'foreach takes the name of a field as a text',
          "Write { foreach: 'items' }.",
        )
        return undefined
      }
      split = { ...split, foreach: value.value }
    } else {
      const numParallel = readNumParallel(property.value, value, source)
      if (numParallel === undefined) return undefined
      split = { ...split, numParallel }
    }
  }
  if (split.foreach !== undefined && split.numParallel !== undefined) {
    source.report(
      'FLOW_LINT_NEXT_OPTION',
      options,
      'this.next() got numParallel and foreach',
      'Go over the elements in one step and start the gang in the next.',
    )
    return undefined
  }
  return split
}

function readNumParallel(
  node: Expression,
  value: ReturnType<Constants['value']>,
  source: Source,
): NextCall['numParallel'] {
  const text = source.slice(node)
  if (value === undefined) return { text }
  const number = value.value
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 1) return { text, value: number }
  const shown = typeof number === 'number' && text !== String(number) ? `${text}, which is ${number}` : text
  source.report(
    'FLOW_LINT_NUM_PARALLEL',
    node,
    `numParallel is ${shown}`,
    'It is the number of nodes: an integer of 1 or more.',
  )
  return undefined
}
