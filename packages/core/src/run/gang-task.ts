import { FlowError } from '../errors/index.js'
import type { Attempt, AttemptEnd, RunContext } from './task-context.js'

export async function runGangTask(_run: RunContext, _attempt: Attempt, _size: number): Promise<AttemptEnd> {
  throw new FlowError('FLOW_INTERNAL', { message: 'gangs come next' })
}
