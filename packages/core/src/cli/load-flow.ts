import type { LoadedFlow } from '../run/index.js'
import { homeOfFile } from './home.js'
import { keepConsoleOffStdout } from './io.js'
import type { Session } from './session.js'

/**
 * Loads the flow that an argument names, for a command that prints something about it. Its top level runs here: what
 * that prints goes to standard error, away from the graph or JSON that a program may read.
 */
export async function loadFlowArgument(session: Session, file: string): Promise<LoadedFlow> {
  const flowFile = session.path(file)
  const { loadFlowFile } = await import('../run/index.js')
  keepConsoleOffStdout(session.io)
  return loadFlowFile(flowFile, await homeOfFile(session, flowFile))
}
