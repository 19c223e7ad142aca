import { FlowError } from '../errors/index.js'
import { foreachItems } from './foreach.js'
import { requireState } from './state.js'

/** The last argument of `this.next` when it is no step. */
export interface NextOptions {
  readonly numParallel?: unknown
  readonly foreach?: unknown
}

/** Checks what `this.next` got and leaves the decision on the flow. `steps`: the names of all its steps. */
export function decide(
  flow: object,
  targets: readonly unknown[],
  options: NextOptions | undefined,
  steps: readonly string[],
): void {
  const state = requireState(flow, 'this.next()')
  if (state.transition !== undefined) {
    throw new FlowError('FLOW_NEXT_TWICE', {
      message: `this.next() was called twice in one step: first for ${state.transition.targets.join(', ')}`,
      fix: 'Call it once, as the last statement of the step.',
    })
  }
  const names = targets.map(target => nameOf(flow, target, steps))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw invalid(`this.next() names step '${twice}' twice`, 'Name each next step once.')
  if (names.length === 0) throw invalid('this.next() got no step', 'Write this.next(this.NAME).')
  if (options === undefined) {
    state.transition = { targets: names }
    return
  }
  const unknown = Object.keys(options).find(key => key !== 'numParallel' && key !== 'foreach')
  if (unknown !== undefined)
    throw invalid(`this.next() has no option '${unknown}'`, 'Its options are numParallel and foreach.')
  if (names.length > 1)
    throw invalid('this.next() got several steps and options', 'Split a branch in a step of its own.')
  const isParallel = 'numParallel' in options
  const isForeach = 'foreach' in options
  if (isParallel && isForeach) {
    throw invalid(
      'this.next() got numParallel and foreach',
      'Go over the elements in one step and start the gang in the next.',
    )
  }
  if (isParallel) state.transition = { targets: names, numParallel: numParallel(options.numParallel) }
  else if (isForeach) state.transition = { targets: names, foreach: foreach(flow, options.foreach) }
  else state.transition = { targets: names }
}

function nameOf(flow: object, target: unknown, steps: readonly string[]): string {
  if (typeof target === 'function') {
    const name = steps.find(one => Reflect.get(flow, one) === target)
    if (name !== undefined) return name
    throw invalid(
      `this.next() got '${target.name}', which is no step of ${flow.constructor.name}`,
      `Its steps are: ${steps.join(', ')}.`,
    )
  }
  throw invalid(
    `this.next() got ${target === undefined ? 'undefined' : `a ${typeof target}`} where a step belongs`,
    `Write this.next(this.NAME). Steps are: ${steps.join(', ')}.`,
  )
}

function numParallel(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value
  throw new FlowError('FLOW_NUM_PARALLEL_INVALID', {
    message: `numParallel is ${typeof value === 'string' ? `'${value}'` : String(value)}`,
    why: 'It is the number of nodes of the gang.',
    fix: 'Use an integer of 1 or more.',
  })
}

function foreach(flow: object, field: unknown): { readonly field: string; readonly size: number } {
  if (typeof field !== 'string')
    throw invalid(`foreach is a ${typeof field}`, "Write the name of a field: { foreach: 'items' }.")
  const size = foreachItems(field, Reflect.get(flow, field)).length
  if (size > 0) return { field, size }
  throw new FlowError('FLOW_FOREACH_EMPTY', {
    message: `foreach: field '${field}' is empty`,
    why: 'A foreach over nothing would never reach its join.',
    fix: `Put at least one element into this.${field}.`,
  })
}

function invalid(message: string, fix: string): FlowError {
  return new FlowError('FLOW_NEXT_INVALID', { message, fix })
}
