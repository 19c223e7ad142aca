import { FlowError } from '../../errors/index.js'
import type { LogLine, ReadLogOptions } from '../../store/index.js'
import { storeOfCwd } from '../home.js'
import { watchInterrupts } from '../interrupts.js'
import { formatPlace, formatTime } from '../output/index.js'
import { findPath, tasksOf, type Found } from '../paths.js'
import type { Session } from '../session.js'
import { integerFrom } from '../usage.js'
import type { CommandModule } from './table.js'

interface LogFlags {
  readonly node?: number
  readonly rank?: number
  readonly attempt?: number
  readonly stderr?: boolean
  readonly follow?: boolean
  readonly timestamps?: boolean
  readonly json?: boolean
}

type Print = (task: string, line: LogLine) => void

export const configure: CommandModule['configure'] = (command, session) => {
  command
    .argument('<path>', 'a task, a node of a gang, a step or a run')
    .option('--node <n>', 'only this node of a gang', integerFrom(0, '--node'))
    .option('--rank <n>', 'only this rank', integerFrom(0, '--rank'))
    .option('--attempt <n>', 'this attempt, counted from 0 (default: the last)', integerFrom(0, '--attempt'))
    .option('--stderr', 'only standard error')
    .option('--follow', 'go on as long as the run does')
    .option('--timestamps', 'begin each line with its time')
    .option('--json', 'print each line as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  flow logs MpiHello/3/multinode/2 --node 1\n  flow logs MpiHello/3/multinode/2@1 --rank 3 --stderr\n  flow logs MpiHello/3 --follow --timestamps',
    )
    .action(async (text: string, flags: LogFlags) => {
      using store = await storeOfCwd(session)
      const found = await findPath(session, store, text)
      refuseMissing(found, flags)
      const abort = new AbortController()
      using _ = watchInterrupts(
        () => abort.abort(),
        () => process.exit(130),
      )
      session.io.stdout.once('close', () => abort.abort())
      const print = printer(session, found, flags)
      const options: ReadLogOptions = {
        node: flags.node ?? found.node,
        rank: flags.rank,
        stream: flags.stderr === true ? 'stderr' : undefined,
        signal: abort.signal,
      }
      if (flags.follow === true) {
        const { followLogs } = await import('../follow-logs.js')
        await followLogs(found, options, (task, lines) => printAll(session, task, lines, print))
      } else {
        const { readLog } = await import('../../store/index.js')
        for (const { path } of tasksOf(found)) {
          const attempt = flags.attempt ?? found.store.metadata.attempts(path).at(-1)?.attempt
          if (attempt !== undefined)
            await printAll(session, path, readLog(found.store.logDir(path, attempt), options), print)
        }
      }
      if (flags.json !== true) await printVerdicts(session, found, flags.attempt)
    })
}

/** A task says which attempts and nodes it has: one that is not there is a mistake, and no empty log. */
function refuseMissing({ store, path, isTask }: Found, { attempt, node, follow }: LogFlags): void {
  // One that is followed may be still to come.
  if (!isTask || follow === true) return
  const attempts = store.metadata.attempts(path)
  const record = attempt === undefined ? attempts.at(-1) : attempts.find(one => one.attempt === attempt)
  const isThere = record !== undefined && (node === undefined || node < record.nodes)
  if (isThere || (attempt === undefined && node === undefined)) return
  throw new FlowError('FLOW_PATH_NOT_FOUND', {
    message: record === undefined ? `There is no attempt ${attempt} of ${path}` : `There is no node ${node} in ${path}`,
    why:
      record === undefined
        ? `Its attempts are: ${attempts.map(one => one.attempt).join(', ')}.`
        : `Its nodes are: ${Array.from({ length: record.nodes }, (_, index) => index).join(', ')}.`,
    fix: 'Choose one of these.',
    details: { path },
  })
}

/** How the tasks failed. On standard error: what is printed on the other is the log and nothing else. */
async function printVerdicts(session: Session, found: Found, attempt: number | undefined): Promise<void> {
  for (const { path } of tasksOf(found)) {
    const attempts = found.store.metadata.attempts(path)
    const verdict = (attempt === undefined ? attempts.at(-1) : attempts.find(one => one.attempt === attempt))?.verdict
    if (verdict === undefined || verdict.outcome === 'ok' || verdict.outcome === 'cancelled') continue
    const { formatVerdict } = await import('../report/index.js')
    session.err.write(`\n${formatVerdict(path, verdict, await session.errorColors(), { afterLog: true })}`)
  }
}

async function printAll(session: Session, task: string, lines: AsyncIterable<LogLine>, print: Print): Promise<void> {
  for await (const line of lines) {
    if (session.out.closed) return
    print(task, line)
    // Here nobody waits for us: the log is on disk.
    if (session.out.saturated) await session.out.drained()
  }
}

function printer(session: Session, found: Found, flags: LogFlags): Print {
  const { out } = session
  if (flags.json === true) {
    return (task, { at, stream, node, rank, text, complete }) =>
      out.write(`${JSON.stringify({ at, task, node, rank, stream, text, complete })}\n`)
  }
  const known = new Map<string, number>()
  const nodesOf = (task: string): number => {
    const nodes = known.get(task) ?? found.store.metadata.attempts(task).at(-1)?.nodes ?? 1
    known.set(task, nodes)
    return nodes
  }
  const time = (line: LogLine): string => (flags.timestamps === true ? `${formatTime(line.at)} ` : '')
  // One writer's log is given back as it came, byte for byte; where several are mixed each line says whose it is.
  if ((found.isTask && nodesOf(found.path) === 1) || flags.rank !== undefined) {
    return (_task, line) => {
      if (flags.timestamps === true) out.write(time(line))
      out.writeBytes(line.bytes)
      if (line.complete) out.write('\n')
    }
  }
  return (task, line) => {
    const node = nodesOf(task) === 1 && line.rank === undefined ? undefined : line.node
    out.write(`${time(line)}${formatPlace(task, node, line.rank)} ${line.text}\n`)
  }
}
