import { type Draft, type DraftStep, incoming } from './draft.js'
import type { Source, Span } from './problem.js'

/**
 * One start and one end, a next in every step, nothing unreachable, no cycle.
 *
 * @param head Where the flow's name stands.
 * @returns Whether there is a way from start through all steps, so that splits and joins can be followed.
 */
export function lintShape(draft: Draft, head: Span, source: Source): boolean {
  const start = draft.get('start')
  const end = draft.get('end')
  if (start === undefined) {
    source.report(
      'FLOW_LINT_NO_START',
      head,
      "The flow has no step 'start'",
      'Add @step start() { this.next(this.…) }.',
    )
  }
  if (end === undefined) {
    source.report(
      'FLOW_LINT_NO_END',
      head,
      "The flow has no step 'end'",
      'Add @step end() {}, and go on to it from the last step.',
    )
  }
  for (const step of draft.values()) lintNext(step, source)
  if (start === undefined) return false
  if (start.isJoin)
    source.report(
      'FLOW_LINT_START_JOIN',
      start.key,
      "'start' takes inputs",
      'Nothing comes before start: write @step start().',
    )
  const isComplete = [...draft.values()].every(step => step.name === 'end' || step.next !== undefined)
  const isAcyclic = lintCycles(draft, start, source)
  // With a next that cannot be read, everything behind it would be called an orphan.
  return isComplete && lintOrphans(draft, start, source) && isAcyclic && end !== undefined
}

function lintNext(step: DraftStep, source: Source): void {
  if (step.name === 'end') {
    if (step.next !== undefined)
      source.report('FLOW_LINT_END_NEXT', step.next.span, "'end' goes on", 'Remove this.next(): end is the last step.')
    if (step.isJoin)
      source.report(
        'FLOW_LINT_END_JOIN',
        step.key,
        "'end' takes inputs",
        'Join in a step before it: @step join(inputs: Inputs<this>) { this.next(this.end) }.',
      )
  } else if (!step.hasNext) {
    source.report(
      'FLOW_LINT_NEXT_MISSING',
      step.key,
      `Step '${step.name}' does not say what comes next`,
      'End it with this.next(this.NAME). Only end has none.',
    )
  }
}

function lintCycles(draft: Draft, start: DraftStep, source: Source): boolean {
  let isAcyclic = true
  const done = new Set<string>()
  const path: string[] = []
  const visit = (step: DraftStep): void => {
    path.push(step.name)
    for (const target of step.next?.targets ?? []) {
      const from = path.indexOf(target.name)
      if (from >= 0) {
        isAcyclic = false
        source.report(
          'FLOW_LINT_CYCLE',
          target.span,
          `The flow runs in a circle: ${[...path.slice(from), target.name].join(' → ')}`,
          'Go on to a later step. To repeat work, loop inside a step, or use foreach.',
        )
        continue
      }
      const next = draft.get(target.name)
      if (next !== undefined && !done.has(next.name)) visit(next)
    }
    path.pop()
    done.add(step.name)
  }
  visit(start)
  for (const step of draft.values()) if (!done.has(step.name)) visit(step)
  return isAcyclic
}

function lintOrphans(draft: Draft, start: DraftStep, source: Source): boolean {
  const reached = new Set<string>([start.name])
  for (const name of reached) for (const target of draft.get(name)?.next?.targets ?? []) reached.add(target.name)
  const before = incoming(draft)
  for (const step of draft.values()) {
    if (reached.has(step.name)) continue
    const from = before.get(step.name) ?? []
    const why =
      from.length === 0 ? 'no step goes on to it' : `only ${from.join(', ')} goes on to it, which is not reached itself`
    source.report(
      'FLOW_LINT_ORPHAN',
      step.key,
      `Step '${step.name}' is never reached: ${why}`,
      `Write this.next(this.${step.name}) in the step before it, or remove it.`,
    )
  }
  return reached.size === draft.size
}
