import type { AttemptRecord, RunRecord, Store } from '../../store/index.js'
import { storeOfCwd } from '../home.js'
import { formatDuration, formatTable, formatTime } from '../output/index.js'
import { findPath, tasksOf } from '../paths.js'
import { isAlive } from '../processes.js'
import type { Session } from '../session.js'
import { collect, usageError } from '../usage.js'
import type { CommandModule } from './table.js'

const DEFAULT_RUNS = 20

interface ListFlags {
  readonly json?: boolean
  readonly all?: boolean
  readonly tag?: readonly string[]
}

type Rows = {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly records: unknown
}

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('[what]', "'flows', 'runs', 'tasks', or a path", 'runs')
    .argument('[path]', 'a flow for runs, a run or step for tasks')
    .option('--all', `list all runs, not only the newest ${DEFAULT_RUNS}`)
    .option('--tag <tag>', 'list only runs with this tag (can be repeated: with all of them)', collect)
    .option('--json', 'print the records as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  flow list\n  flow list flows\n  flow list runs MpiHello\n  flow list --tag trial\n  flow list tasks MpiHello/3\n  flow list MpiHello/3',
    )
    .action(async (what: string, path: string | undefined, flags: ListFlags) => {
      using store = await storeOfCwd(session)
      const { head, rows, records } = await list(session, store, what, path, flags)
      if (flags.json === true) session.printJson(records)
      else if (rows.length === 0)
        session.out.write(flags.tag === undefined ? 'nothing has run here yet\n' : 'no run has that tag\n')
      else session.out.write(formatTable([head, ...rows]))
    })
}

async function list(
  session: Session,
  store: Store | undefined,
  what: string,
  path: string | undefined,
  flags: ListFlags,
): Promise<Rows> {
  if (flags.tag !== undefined && (what === 'flows' || what === 'tasks' || what.includes('/')))
    throw usageError('--tag is for runs', { fix: `flow list --tag ${flags.tag[0] ?? 'TAG'}` })
  if (what === 'flows') return listFlows(store)
  if (what === 'runs') return listRuns(session, store, path, flags)
  if (what === 'tasks') {
    const latest = store?.metadata.runs(undefined, 1)[0]
    if (path !== undefined) return listTasks(session, store, path)
    return latest === undefined
      ? listRuns(session, undefined, undefined, flags)
      : listTasks(session, store, `${latest.flow}/${latest.runId}`)
  }
  // A path by itself says what is meant: below a flow its runs, below a run its tasks.
  return what.includes('/') ? listTasks(session, store, what) : listRuns(session, store, what, flags)
}

function listFlows(store: Store | undefined): Rows {
  const records = (store?.metadata.flows() ?? []).map(flow => ({ flow, latest: store?.metadata.runs(flow, 1)[0] }))
  const rows = records.map(({ flow, latest }) => [
    flow,
    latest === undefined ? '' : `${flow}/${latest.runId}`,
    latest === undefined ? '' : stateOf(latest),
  ])
  return { head: ['FLOW', 'LATEST RUN', 'STATE'], rows, records }
}

async function listRuns(
  session: Session,
  store: Store | undefined,
  flow: string | undefined,
  flags: ListFlags,
): Promise<Rows> {
  // A name that nothing has is a mistake, and no empty list.
  if (flow !== undefined) await findPath(session, store, flow)
  const records = store?.metadata.runs(flow, flags.all === true ? undefined : DEFAULT_RUNS, flags.tag) ?? []
  const rows = records.map(run => [
    `${run.flow}/${run.runId}`,
    stateOf(run),
    formatTime(run.startedAt).slice(0, 19),
    run.endedAt === undefined ? '' : formatDuration(run.endedAt - run.startedAt),
    run.tags.join(','),
  ])
  return { head: ['RUN', 'STATE', 'STARTED', 'TOOK', 'TAGS'], rows, records }
}

async function listTasks(session: Session, store: Store | undefined, path: string): Promise<Rows> {
  const found = await findPath(session, store, path)
  const records = tasksOf(found).map(task => ({ ...task, attempts: found.store.metadata.attempts(task.path) }))
  const rows = records.map(({ path: task, attempts }) => {
    const last = attempts.at(-1)
    const took = last?.endedAt === undefined ? '' : formatDuration(last.endedAt - last.startedAt)
    return [task, taskState(last), String(last?.nodes ?? ''), String(attempts.length), took]
  })
  return { head: ['TASK', 'STATE', 'NODES', 'ATTEMPTS', 'TOOK'], rows, records }
}

function taskState(last: AttemptRecord | undefined): string {
  if (last === undefined) return 'queued'
  return (last.outcome ?? 'running') + (last.verdict?.caught === undefined ? '' : ' (caught)')
}

/** What became of a run: one that never ended and whose orchestrator is gone was lost with it. */
function stateOf(run: RunRecord): string {
  if (run.outcome !== undefined) return run.outcome
  return run.pid !== undefined && isAlive(run.pid) ? 'running' : 'lost'
}
