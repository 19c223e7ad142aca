import { FlowError } from '../../errors/index.js'

/** Control does not want this node. */
export function refused(reason: string, message: string): FlowError {
  return new FlowError('FLOW_GANG_REFUSED', {
    message: `Control did not let this node in (${reason}): ${message}.`,
    why: 'The node was started twice or too late, or it belongs to another attempt.',
    fix: 'Nothing, if another start of the node is in the gang; otherwise look for processes of an earlier attempt.',
    details: { reason },
  })
}

export function keyNotKnown(): FlowError {
  return refused('unknown', "control does not know this node's key")
}
