import { FlowError, type Verdict } from '@flow/core'

/** Of a verdict about Ray's end on a node: what it means. Other verdicts are none of ours. */
export function nodeLost(verdict: Verdict): Verdict | undefined {
  const { first } = verdict
  if (first?.what !== 'service ray') return undefined
  const [cause = '', ...rest] = first.excerpt.trim().split('\n')
  const message = `Ray ended on node ${first.node}: ${cause}`
  const error = new FlowError('FLOW_RAY_NODE_LOST', {
    message,
    why: rest.join('\n').trim() || undefined,
    fix: cause.includes('SIGKILL')
      ? 'Most often the system kills for memory: give the step more, or let fewer tasks run at once.'
      : 'Read what the nodes said: flow logs.',
    details: { node: first.node },
  })
  const { name, code, why, fix, details } = error
  return { ...verdict, message, error: { name, message, code, why, fix, details } }
}
