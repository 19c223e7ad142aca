import { FlowError } from '../errors/index.js'

/** Any error as one that has a code. */
export function asFlowError(error: unknown): FlowError {
  if (FlowError.is(error)) return error
  const message = error instanceof Error ? error.message : String(error)
  return new FlowError('FLOW_INTERNAL', { message, why: 'This is a defect in Flow.', cause: error })
}
