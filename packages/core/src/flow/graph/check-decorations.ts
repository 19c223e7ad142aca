import { type CatchFailureOptions, DEFAULT_FAILURE_FIELD } from '../catch-failure.js'
import { isGangDecoration, type StepDecoration } from '../decorations.js'
import type { FlowDescription } from '../describe.js'
import type { Graph, GraphStep } from './graph.js'
import { type LintProblem, Source, type Span } from './problem.js'

/** Whether the graph alone tells what comes after a step: then the flow can go on when it failed. */
export function canBeCaught({ kind }: Pick<GraphStep, 'kind'>): boolean {
  return kind !== 'foreach' && kind !== 'split-parallel'
}

/**
 * Holds the graph and the class together: a step that numParallel starts has a gang's decorator, and only such a one;
 * what `@catchFailure` stands on can be caught.
 *
 * @param text The source that the graph was read from.
 * @returns `FLOW_LINT_GANG_WITHOUT_PARALLEL`, `FLOW_LINT_PARALLEL_WITHOUT_GANG` and `FLOW_LINT_CATCH`, in the order of the source.
 */
export function checkDecorations(graph: Graph, description: FlowDescription, text: string): readonly LintProblem[] {
  const source = new Source(text, graph.file)
  const span = ({ line, column, name }: GraphStep): Span => {
    const start = source.offset(line, column)
    return { start, end: start + name.length }
  }
  for (const step of graph.steps.values()) {
    const decorations = description.steps.get(step.name)?.decorations ?? []
    const caught = decorations.find(one => one.name === 'catchFailure' && one.extension === undefined)
    if (caught !== undefined) checkCatch(step, caught, description, source, span(step))
    const gang = decorations.find(isGangDecoration)
    if (gang !== undefined && !step.isParallel) {
      const before = [...graph.steps.values()].filter(one => one.next.includes(step.name)).map(one => one.name)
      source.report(
        'FLOW_LINT_GANG_WITHOUT_PARALLEL',
        span(step),
        `Step '${step.name}' has @${gang.name}() but is not reached by numParallel`,
        `Write this.next(this.${step.name}, { numParallel: 4 }) in ${before.join(', ') || 'the step before it'}, or @${gang.name}({ singleNode: true }) for an ordinary step.`,
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

function checkCatch(
  step: GraphStep,
  { options }: StepDecoration,
  { parameters, steps }: FlowDescription,
  source: Source,
  span: Span,
): void {
  const { as: field = DEFAULT_FAILURE_FIELD } = options as CatchFailureOptions
  if (!canBeCaught(step)) {
    const how = step.kind === 'foreach' ? 'foreach' : 'numParallel'
    source.report(
      'FLOW_LINT_CATCH',
      span,
      `Step '${step.name}' has @catchFailure() and goes on by ${how}: when it fails, nobody knows with how many tasks`,
      'Move the work that may fail into a step of its own before this one.',
    )
  } else if (steps.has(field) || parameters.some(({ name }) => name === field)) {
    source.report(
      'FLOW_LINT_CATCH',
      span,
      `@catchFailure() of step '${step.name}' cannot use the field '${field}'`,
      `'${field}' is a ${steps.has(field) ? 'step' : 'parameter'}: name another field, @catchFailure({ as: 'failure' }).`,
    )
  }
}
