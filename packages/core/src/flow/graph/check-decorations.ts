import type { StepDecoration } from '../decorations.js'
import type { FlowDescription } from '../describe.js'
import type { Graph, GraphStep } from './graph.js'
import { type LintProblem, Source, type Span } from './problem.js'

/**
 * Holds the graph and the class together: a step that numParallel starts has a gang's decorator, and only such a one.
 *
 * @param text The source that the graph was read from.
 * @returns `FLOW_LINT_GANG_WITHOUT_PARALLEL` and `FLOW_LINT_PARALLEL_WITHOUT_GANG`, in the order of the source.
 */
export function checkDecorations(graph: Graph, description: FlowDescription, text: string): readonly LintProblem[] {
  const source = new Source(text, graph.file)
  const span = ({ line, column, name }: GraphStep): Span => {
    const start = source.offset(line, column)
    return { start, end: start + name.length }
  }
  for (const step of graph.steps.values()) {
    const gang = description.steps.get(step.name)?.decorations.find(isGang)
    if (gang !== undefined && !step.isParallel) {
      const before = [...graph.steps.values()].filter(one => one.next.includes(step.name)).map(one => one.name)
      source.report(
        'FLOW_LINT_GANG_WITHOUT_PARALLEL',
        span(step),
        `Step '${step.name}' has @${gang.name}() but is not reached by numParallel`,
        `Write this.next(this.${step.name}, { numParallel: 4 }) in ${before.join(', ') || 'the step before it'}.`,
      )
    } else if (gang === undefined && step.isParallel) {
      source.report(
        'FLOW_LINT_PARALLEL_WITHOUT_GANG',
        span(step),
        `Step '${step.name}' is reached by numParallel but has no decorator of a gang`,
        `Write @parallel(), or an extension's decorator such as @mpi(), above ${step.name}.`,
      )
    }
  }
  return source.problems
}

/** An extension's decorator makes a step a gang's, unless it was told to stay on a single node. */
function isGang({ extension, options }: StepDecoration): boolean {
  if (extension === undefined) return false
  return (options as { readonly singleNode?: unknown } | null | undefined)?.singleNode !== true
}
