import { FlowError } from '../errors/index.js'

/** Where something of a run is: a flow, one of its runs, a step, a task, or a node of a task's gang. */
export type FlowPath =
  | { readonly kind: 'flow'; readonly flow: string }
  | { readonly kind: 'run'; readonly flow: string; readonly runId: string }
  | { readonly kind: 'step'; readonly flow: string; readonly runId: string; readonly step: string }
  | TaskPath

export interface TaskPath {
  readonly kind: 'task'
  readonly flow: string
  readonly runId: string
  readonly step: string
  readonly taskId: string
  /** Present when the path ends with `@node`. */
  readonly node?: number | undefined
}

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u
const NUMBER = /^[1-9][0-9]{0,14}$/
const NODE = /^(0|[1-9][0-9]{0,8})$/

/**
 * Reads a path: `Flow`, `Flow/3`, `Flow/3/step`, `Flow/3/step/7`, `Flow/3/step/7@2`.
 *
 * @throws FLOW_PATH_INVALID when it is none of these
 *
 * @example
 * parsePath('Train/3/fit/7@2') // { kind: 'task', flow: 'Train', runId: '3', step: 'fit', taskId: '7', node: 2 }
 */
export function parsePath(text: string): FlowPath {
  const [flow = '', runId, step, last, ...more] = text.split('/')
  if (more.length > 0) throw invalid(text, 'It has more than four parts.')
  if (!NAME.test(flow)) throw invalid(text, `'${flow}' is no name of a flow.`)
  if (runId === undefined) return { kind: 'flow', flow }
  if (!NUMBER.test(runId)) throw invalid(text, `'${runId}' is no number of a run.`)
  if (step === undefined) return { kind: 'run', flow, runId }
  if (!NAME.test(step)) throw invalid(text, `'${step}' is no name of a step.`)
  if (last === undefined) return { kind: 'step', flow, runId, step }
  const [taskId = '', node, ...rest] = last.split('@')
  if (!NUMBER.test(taskId)) throw invalid(text, `'${taskId}' is no number of a task.`)
  if (node === undefined) return { kind: 'task', flow, runId, step, taskId }
  if (rest.length > 0 || !NODE.test(node)) throw invalid(text, `'${[node, ...rest].join('@')}' is no index of a node.`)
  return { kind: 'task', flow, runId, step, taskId, node: Number(node) }
}

/**
 * {@link parsePath} for where only a task (or a node of one) will do.
 *
 * @throws FLOW_PATH_INVALID
 */
export function parseTaskPath(text: string): TaskPath {
  const path = parsePath(text)
  if (path.kind !== 'task') throw invalid(text, `It names a ${path.kind}, and a task is needed here.`)
  return path
}

/** The text of a path; the inverse of {@link parsePath}. */
export function formatPath(path: FlowPath): string {
  switch (path.kind) {
    case 'flow':
      return path.flow
    case 'run':
      return `${path.flow}/${path.runId}`
    case 'step':
      return `${path.flow}/${path.runId}/${path.step}`
    case 'task':
      return `${path.flow}/${path.runId}/${path.step}/${path.taskId}${path.node === undefined ? '' : `@${path.node}`}`
  }
}

function invalid(text: string, why: string): FlowError {
  return new FlowError('FLOW_PATH_INVALID', {
    message: `'${text}' is no path of a run`,
    why,
    fix: 'Write Flow, Flow/run, Flow/run/step, Flow/run/step/task or Flow/run/step/task@node, for example Train/3/fit/7@2.',
    details: { path: text },
  })
}
