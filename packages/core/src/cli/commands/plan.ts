import type { FlowPlan, StepPlan } from '../../run/index.js'
import type { Session } from '../session.js'

/** Prints what `flow run --dry-run` found out: JSON as it is, or the same as indented text. */
export function printPlan(session: Session, plan: FlowPlan, json: boolean): void {
  if (json) session.printJson(plan)
  else session.out.write(`${formatPlain({ ...plan, steps: plan.steps.map(withSize) }).join('\n')}\n`)
}

/** A number of nodes that is calculated is 0 in a plan: nothing for a reader. */
function withSize(step: StepPlan): object {
  return step.gang?.size === 0
    ? { ...step, gang: { ...step.gang, size: 'known when the step before it has run' } }
    : step
}

/** Plain data as lines for a person: a name and its value a line, what is nested indented, what is empty left out. */
export function formatPlain(value: object): string[] {
  if (Array.isArray(value))
    return value.flatMap((item: unknown) => withBullet(isObject(item) ? formatPlain(item) : [String(item)]))
  return Object.entries(value).flatMap(([name, item]: [string, unknown]) => {
    if (item === undefined || (isObject(item) && Object.keys(item).length === 0)) return []
    if (!isObject(item)) return [`${name}: ${typeof item === 'string' ? item : JSON.stringify(item)}`]
    if (Array.isArray(item) && !item.some(isObject)) return [`${name}: ${item.join(', ')}`]
    return [`${name}:`, ...formatPlain(item).map(line => `  ${line}`)]
  })
}

function withBullet(lines: readonly string[]): string[] {
  return lines.map((line, i) => (i === 0 ? `- ${line}` : `  ${line}`))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
