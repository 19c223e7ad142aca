import { FlowError } from '../errors/index.js'
import { parsePath, Store } from '../store/index.js'

/**
 * Stops a run that another process of this machine drives, as Ctrl-C there would.
 *
 * @param runPath `Flow/run`
 * @throws `FLOW_PATH_INVALID`, `FLOW_RUN_NOT_RUNNING`
 */
export function killRun(home: string, runPath: string): { readonly pid: number } {
  const path = parsePath(runPath)
  const notRunning = (why: string): FlowError =>
    new FlowError('FLOW_RUN_NOT_RUNNING', {
      message: `${runPath} is not running`,
      why,
      fix: 'See what there is with: flow list',
    })
  if (path.kind === 'flow') throw notRunning('This names a flow, not a run.')
  using store = Store.open(home)
  const run = store.metadata.run(runPath)
  if (run === undefined || run.flow !== path.flow) throw notRunning('There is no such run.')
  if (run.outcome !== undefined || run.pid === undefined)
    throw notRunning(`It ended: ${run.outcome ?? 'its orchestrator is unknown'}.`)
  try {
    process.kill(run.pid, 'SIGINT')
  } catch {
    throw notRunning('Its orchestrator is gone.')
  }
  return { pid: run.pid }
}
