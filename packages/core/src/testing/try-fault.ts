import { setTimeout as delay } from 'node:timers/promises'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import type { Fault, Pause, SignalStrike } from './fault.js'
import type { GangProcess } from './gang-processes.js'
import { GangRun } from './gang-run.js'
import { judge } from './judge.js'
import { type FaultReport, report } from './report.js'

/** What the kit did, and when; milliseconds since the epoch. */
interface Struck {
  /** What the gang's end is measured from. */
  readonly at: number
  /** When the process was hit. */
  readonly hitAt: number
  /** When `flow run` told of it, where it has to. */
  readonly toldAt?: number | undefined
  readonly problems: readonly string[]
}

/** Runs a gang, brings the fault about, waits for its end, and looks at what it did and left. */
export async function tryFault(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  fault: Fault,
  stopWithinMs: number,
): Promise<FaultReport> {
  const { strike, waits } = fault
  const body = strike.by === 'missing' ? (program.missing ?? '') : program.run
  using run = new GangRun(extension, program, { body, how: strike.by === 'rank' ? strike.how : 'wait', waits })
  let processes: readonly GangProcess[] = []
  let struck: Struck | undefined
  if (strike.by !== 'missing' && (await run.allRun(program.ranks))) {
    processes = run.look()
    if (strike.by === 'signal') struck = await bringAbout(run, fault, strike, findVictim(strike, processes))
  }
  const gang = await run.end()
  // Ranks that bring it about themselves write down when.
  const at = struck?.at ?? [...gang.failed.values()][0]
  const noticedMs = struck?.toldAt === undefined ? undefined : Math.round(struck.toldAt - struck.hitAt)
  const problems = judge({ fault, program, at, processes, gang }, { stopWithinMs, graceMs: waits.grace })
  return report(extension.name, fault.id, { at, noticedMs }, gang, [...(struck?.problems ?? []), ...problems])
}

/** Hits the process; where the gang goes on with it, waits for what the fault says, and ends the gang. */
async function bringAbout(run: GangRun, fault: Fault, strike: SignalStrike, pid: number): Promise<Struck> {
  const hitAt = run.strike(pid, strike.signal)
  const { pause } = strike
  if (pause === undefined) return { at: hitAt, hitAt, problems: [] }
  const limitMs = 2 * fault.waits.heartbeat + fault.detectionMs + WAIT_MS
  const { toldAt, problems } = await waitFor(run, pause, limitMs)
  if (pause.isContinued === true) run.tryToStrike(pid, 'SIGCONT')
  if (pause.isInterrupted === false) return { at: hitAt, hitAt, toldAt, problems }
  const at = run.tryToStrike(run.process.pid, 'SIGINT') ?? hitAt
  return { at, hitAt, toldAt, problems }
}

/** A busy machine may be late; nothing of the contract is measured by it. */
const WAIT_MS = 5_000

async function waitFor(
  run: GangRun,
  { until }: Pause,
  limitMs: number,
): Promise<{ readonly toldAt?: number; readonly problems: readonly string[] }> {
  if (typeof until === 'number') {
    const isEarly = await run.endsWithin(until)
    return { problems: isEarly ? ['the run ended although nothing should end by it'] : [] }
  }
  if (until === 'nodes end') {
    const isGone = await run.nodesEndWithin(limitMs)
    return { problems: isGone ? [] : [`the nodes had not ended ${limitMs} ms later`] }
  }
  const warned = run.process
    .event(event => event.type === 'warning' && until.test(event.message ?? ''))
    .catch(() => undefined)
  const event = await Promise.race([warned, delay(limitMs, undefined, { ref: false })])
  return event === undefined
    ? { problems: [`flow run did not warn of it: ${until}`] }
    : { toldAt: event.at, problems: [] }
}

function findVictim({ target, node }: SignalStrike, processes: readonly GangProcess[]): number {
  const found = processes.find(one => {
    if (target === 'orchestrator') return one.kind === target
    if (typeof target === 'object' && 'rank' in target) return one.rank === target.rank
    return one.node === node && (typeof target === 'string' ? one.kind === target : target.command.test(one.command))
  })
  if (found !== undefined) return found.pid
  const all = processes.map(one => `${one.pid} ${one.kind} @${one.node}: ${one.command}`).join('\n')
  throw new Error(`there is no ${nameOf(target)} on node ${node} among\n${all}`)
}

function nameOf(target: SignalStrike['target']): string {
  if (typeof target === 'string') return target
  return 'rank' in target ? `rank ${target.rank}` : target.name
}
