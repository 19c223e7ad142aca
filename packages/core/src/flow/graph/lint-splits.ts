import { type Draft, type DraftStep, incoming, isSplit } from './draft.js'
import type { Source } from './problem.js'

/** A split that is open on the way to a step. */
interface OpenSplit {
  readonly by: string
  readonly kind: 'branch' | 'foreach' | 'parallel'
}

/** What the walk found out of each step. */
export interface SplitFacts {
  /** The splits a step is inside of, outermost first. */
  readonly parents: ReadonlyMap<string, readonly string[]>
  /** The join of each split. */
  readonly joins: ReadonlyMap<string, string>
}

/** Checks that every split has its join and every join its split, nested rightly. The draft has no cycle. */
export function lintSplits(draft: Draft, source: Source): SplitFacts {
  const before = incoming(draft)
  const stacks = new Map<string, readonly OpenSplit[]>()
  const joins = new Map<string, string>()
  const start = draft.get('start')
  for (const step of draft.values()) lintStep(step, draft, before.get(step.name) ?? [], source)
  if (start === undefined) return { parents: new Map(), joins }
  const visit = (step: DraftStep, stack: readonly OpenSplit[]): void => {
    if (stacks.has(step.name)) return
    stacks.set(step.name, stack)
    const after = step.isJoin ? stack.slice(0, -1) : stack
    if (step.isJoin) lintJoin(step, stack, before.get(step.name) ?? [], stacks, draft, joins, source)
    if (step.name === 'end' && after.length > 0) reportOpen(after, draft, source)
    const inner = isSplit(step) ? [...after, { by: step.name, kind: kindOf(step) }] : after
    for (const { name } of step.next?.targets ?? []) {
      const target = draft.get(name)
      // A step with several before it is looked at when the last of them was.
      if (target !== undefined && (before.get(name) ?? []).every(one => stacks.has(one))) visit(target, inner)
    }
  }
  visit(start, [])
  return { parents: new Map([...stacks].map(([name, stack]) => [name, stack.map(one => one.by)])), joins }
}

function kindOf(step: DraftStep): OpenSplit['kind'] {
  if (step.next?.numParallel !== undefined) return 'parallel'
  return step.next?.foreach === undefined ? 'branch' : 'foreach'
}

/** What one step and its neighbours show, without the way to them. */
function lintStep(step: DraftStep, draft: Draft, before: readonly string[], source: Source): void {
  if (step.isJoin && isSplit(step) && step.next !== undefined) {
    source.report(
      'FLOW_LINT_JOIN_SPLITS',
      step.next.span,
      `Step '${step.name}' joins and splits`,
      'Go on to a step of its own that splits.',
    )
  }
  if (!step.isJoin && before.length > 1 && !before.some(name => draft.get(name)?.next?.numParallel !== undefined)) {
    source.report(
      'FLOW_LINT_JOIN_MISSING',
      step.key,
      `Steps ${before.join(' and ')} come together in '${step.name}', which takes no inputs`,
      `Write @step ${step.name}(inputs: Inputs<this>), or a join before it.`,
    )
  }
  if (isSplit(step)) {
    for (const target of step.next?.targets ?? []) {
      if (draft.get(target.name)?.isJoin !== true) continue
      const fix = kindOf(step) === 'branch' ? 'Put a step on this branch' : 'Put a step that does the work'
      source.report(
        'FLOW_LINT_EMPTY_SPLIT',
        target.span,
        `The split of '${step.name}' goes straight to the join '${target.name}'`,
        `${fix} between the two.`,
      )
    }
  }
  lintParallel(step, draft, before, source)
}

/** A gang's step is reached by numParallel only, and a join follows it. */
function lintParallel(step: DraftStep, draft: Draft, before: readonly string[], source: Source): void {
  const gangs = before.filter(name => draft.get(name)?.next?.numParallel !== undefined)
  if (gangs.length === 0) return
  for (const name of before) {
    const other = draft.get(name)?.next
    if (name === gangs[0] || other === undefined) continue
    const span = other.targets.find(target => target.name === step.name)?.span ?? other.span
    source.report(
      'FLOW_LINT_PARALLEL_REACHED',
      span,
      `'${name}' goes on to '${step.name}', which '${gangs[0]}' starts as a gang`,
      'A parallel step is reached by one numParallel only: write another step for this way.',
    )
  }
  if (step.isJoin || step.next === undefined) return
  const isFollowed = !isSplit(step) && step.next.targets.every(target => draft.get(target.name)?.isJoin === true)
  if (isFollowed) return
  source.report(
    'FLOW_LINT_PARALLEL_JOIN',
    step.next.span,
    `The parallel step '${step.name}' is not followed by a join`,
    'Go on to a step that takes inputs: @step join(inputs: Inputs<this>) { … }.',
  )
}

function lintJoin(
  step: DraftStep,
  stack: readonly OpenSplit[],
  before: readonly string[],
  stacks: ReadonlyMap<string, readonly OpenSplit[]>,
  draft: Draft,
  joins: Map<string, string>,
  source: Source,
): void {
  const split = stack.at(-1)
  if (split === undefined) {
    source.report(
      'FLOW_LINT_JOIN_WITHOUT_SPLIT',
      step.key,
      `Step '${step.name}' takes inputs, but nothing was split before it`,
      `Write @step ${step.name}() without inputs, or split before it.`,
    )
    return
  }
  const roots = draft.get(split.by)?.next?.targets.map(target => target.name) ?? []
  const strangers = before.filter(name => openAfter(name, stacks, draft) !== split.by)
  if (strangers.length > 0) {
    source.report(
      'FLOW_LINT_JOIN_CROSSES',
      step.key,
      `Step '${step.name}' joins ${before.join(', ')}, which do not come from one split`,
      `Join what '${split.by}' split first, then the rest.`,
    )
  } else if (before.length !== roots.length) {
    const message = `Step '${step.name}' joins ${before.join(', ')}, but '${split.by}' split into ${roots.join(', ')}`
    source.report('FLOW_LINT_JOIN_UNBALANCED', step.key, message, 'Let every branch of the split end in this join.')
  }
  joins.set(split.by, step.name)
}

/** The innermost split that is open behind a step. */
function openAfter(name: string, stacks: ReadonlyMap<string, readonly OpenSplit[]>, draft: Draft): string | undefined {
  const stack = stacks.get(name) ?? []
  const step = draft.get(name)
  if (step !== undefined && isSplit(step)) return name
  return (step?.isJoin === true ? stack.slice(0, -1) : stack).at(-1)?.by
}

function reportOpen(open: readonly OpenSplit[], draft: Draft, source: Source): void {
  for (const { by } of open) {
    const span = draft.get(by)?.next?.span
    if (span === undefined) continue
    source.report(
      'FLOW_LINT_SPLIT_OPEN',
      span,
      `What '${by}' splits is never joined`,
      'Join it before end: @step join(inputs: Inputs<this>) { this.next(this.end) }.',
    )
  }
}
