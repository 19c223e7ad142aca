import { relative } from 'node:path'
import type { FlowError, SourcePosition } from '../../errors/index.js'
import type { Colors } from '../output/colors.js'

/** One thing to report: a FlowError, or one of the problems that the lint found. */
interface Problem {
  readonly code: string
  readonly message: string
  readonly why?: string | undefined
  readonly fix?: string | undefined
  readonly at?: SourcePosition | undefined
  readonly frame?: string | undefined
}

/**
 * A coded error as a person reads it: code, what happened, where (with the lines around it), why, what to do. An error
 * that stands for several (`details.problems`, from the lint) is shown as those, one after another.
 */
export function formatError(error: FlowError, colors: Colors, cwd: string): string {
  const problems = problemsOf(error)
  if (problems.length === 0) return formatProblem(error, colors, cwd)
  const summary = problems.length === 1 ? '' : `\n${problems.length} problems\n`
  return problems.map(problem => formatProblem(problem, colors, cwd)).join('\n') + summary
}

function formatProblem(problem: Problem, colors: Colors, cwd: string): string {
  const parts = [`${colors.bold(colors.red('error'))} ${colors.bold(problem.code)}: ${problem.message}`]
  if (problem.at !== undefined) parts.push(`  at ${colors.cyan(formatPosition(problem.at, cwd))}`)
  if (problem.frame !== undefined) parts.push('', indent(problem.frame, '  '), '')
  if (problem.why !== undefined) parts.push(labelled('why', problem.why, colors))
  if (problem.fix !== undefined) parts.push(labelled('fix', problem.fix, colors))
  return `${parts.join('\n').trimEnd()}\n`
}

/** `file:line:column`, the file relative to the working directory where that is shorter. */
export function formatPosition(at: SourcePosition, cwd: string): string {
  const path = relative(cwd, at.file)
  return `${path !== '' && path.length < at.file.length ? path : at.file}:${at.line}:${at.column}`
}

export function indent(text: string, by: string): string {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map(line => (line === '' ? '' : by + line))
    .join('\n')
}

function labelled(label: string, text: string, colors: Colors): string {
  const [first = '', ...rest] = text.split('\n')
  return [`  ${colors.dim(`${label}:`)} ${first}`, ...rest.map(line => `       ${line}`)].join('\n')
}

function problemsOf(error: FlowError): Problem[] {
  const problems = error.details['problems']
  return Array.isArray(problems) ? problems.filter(isProblem) : []
}

// Details are plain data of any shape: they may have crossed a process border.
function isProblem(value: unknown): value is Problem {
  if (typeof value !== 'object' || value === null) return false
  const { code, message } = value as { code?: unknown; message?: unknown }
  return typeof code === 'string' && typeof message === 'string'
}
