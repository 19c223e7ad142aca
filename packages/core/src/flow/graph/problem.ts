import { type CoreErrorCode, FlowError, type SourcePosition } from '../../errors/index.js'
import { codeFrame } from './frame.js'

/** Something wrong in the source of a flow. */
export interface LintProblem {
  readonly code: CoreErrorCode
  readonly message: string
  readonly fix: string
  readonly at: SourcePosition
  /** The lines around `at`, ready to print. */
  readonly frame: string
}

/** A stretch of the source, as the parser gives it. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A source and the problems found in it. */
export class Source {
  readonly text: string
  readonly file: string
  readonly #lineStarts: number[] = [0]
  readonly #problems: { readonly start: number; readonly problem: LintProblem }[] = []

  constructor(text: string, file: string) {
    this.text = text
    this.file = file
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#lineStarts.push(match.index + match[0].length)
  }

  /** Problems in the order of the source. */
  get problems(): readonly LintProblem[] {
    return this.#problems.toSorted((one, other) => one.start - other.start).map(({ problem }) => problem)
  }

  /** How many problems were found so far. */
  get count(): number {
    return this.#problems.length
  }

  report(code: CoreErrorCode, span: Span, message: string, fix: string): void {
    const at = this.position(span.start)
    const frame = codeFrame(this.text, at.line, at.column, span.end - span.start)
    this.#problems.push({ start: span.start, problem: { code, message, fix, at, frame } })
  }

  /** Line and column, from 1, of an offset. */
  position(offset: number): SourcePosition {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 }
  }

  /** The inverse of {@link position}. */
  offset(line: number, column: number): number {
    return (this.#lineStarts[line - 1] ?? 0) + column - 1
  }

  slice(span: Span): string {
    return this.text.slice(span.start, span.end)
  }
}

/**
 * One error for all problems of a flow: the problem itself when there is one, else `FLOW_LINT_FAILED` with all of them in
 * its message and in `details.problems`.
 */
export function lintError(problems: readonly LintProblem[]): FlowError {
  const [first, ...others] = problems
  if (first === undefined) return new FlowError('FLOW_INTERNAL', { message: 'lintError() got no problem' })
  if (others.length === 0)
    return new FlowError(first.code, { message: first.message, fix: first.fix, at: first.at, frame: first.frame })
  const texts = problems.map(problem => `${formatProblem(problem)}\n`)
  return new FlowError('FLOW_LINT_FAILED', {
    message: `The flow has ${problems.length} problems\n\n${texts.join('\n')}`.trimEnd(),
    fix: 'Correct them one by one, from the top.',
    at: first.at,
    details: { problems },
  })
}

/** A problem as text: place, code, message, lines, what to do. */
export function formatProblem({ at, code, message, frame, fix }: LintProblem): string {
  return `${at.file}:${at.line}:${at.column} ${code}\n${message}\n${frame}\n${fix}`
}
