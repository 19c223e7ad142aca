import { FlowError } from '../errors/index.js'
import { type FlowPath, formatPath, type Metadata } from '../store/index.js'

const SHOWN = 8

/** Says which part of a path is not there, and what is in its place. */
export function notFound(metadata: Metadata, path: FlowPath): FlowError {
  const text = formatPath(path)
  const { missing, there } = look(metadata, path)
  return new FlowError('FLOW_PATH_NOT_FOUND', {
    message: `There is no ${missing}`,
    why: there.length === 0 ? 'Nothing has run here yet.' : `There is: ${list(there)}.`,
    fix: there.length === 0 ? 'Run a flow first, or set FLOW_HOME to where it ran.' : `For example: ${there[0]}.`,
    details: { path: text, there: there.slice(0, SHOWN) },
  })
}

function look(metadata: Metadata, path: FlowPath): { readonly missing: string; readonly there: readonly string[] } {
  const runs = metadata.runs(path.flow, SHOWN + 1).map(run => `${path.flow}/${run.runId}`)
  if (path.kind === 'flow' || runs.length === 0)
    return { missing: `flow '${path.flow}'`, there: nearest(path.flow, metadata.flows()) }
  const run = `${path.flow}/${path.runId}`
  if (metadata.run(run) === undefined) return { missing: `run ${path.runId} of ${path.flow}`, there: runs }
  const steps = metadata.steps(run).map(({ step }) => step)
  if (path.kind === 'run' || !steps.includes(path.step)) {
    const step = path.kind === 'run' ? '' : path.step
    return { missing: `step '${step}' in ${run}`, there: nearest(step, steps).map(name => `${run}/${name}`) }
  }
  const tasks = metadata.tasks(`${run}/${path.step}`).map(task => task.path)
  if (path.kind === 'step' || !tasks.includes(formatPath({ ...path, node: undefined }))) {
    return { missing: `task ${path.kind === 'task' ? path.taskId : ''} in ${run}/${path.step}`, there: tasks }
  }
  const task = formatPath({ ...path, node: undefined })
  const nodes = metadata.attempts(task).at(-1)?.nodes ?? 1
  return {
    missing: `node ${path.node} in ${task}`,
    there: Array.from({ length: nodes }, (_, node) => `${task}@${node}`),
  }
}

function list(there: readonly string[]): string {
  return there.slice(0, SHOWN).join(', ') + (there.length > SHOWN ? ', …' : '')
}

/** The names, most alike first. */
function nearest(name: string, names: readonly string[]): readonly string[] {
  return names
    .map(other => ({ other, far: distance(name.toLowerCase(), other.toLowerCase()) }))
    .toSorted((a, b) => a.far - b.far)
    .map(({ other }) => other)
}

/** How many letters must be put in, taken out or changed to get from one to the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
