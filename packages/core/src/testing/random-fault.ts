import { setTimeout as delay } from 'node:timers/promises'
import { type ConformanceCheck, toCheck } from './check.js'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import type { GangProcess } from './gang-processes.js'
import { type GangEnd, GangRun } from './gang-run.js'
import { makeRandom, type Random } from './random.js'
import { type FaultReport, outcomeOf, report } from './report.js'

/** How many faults {@link randomFaults} makes, and which. */
export interface RandomFaultsOptions {
  /** Default: 10. */
  readonly count?: number | undefined
  /** An integer. The same seed chooses the same moments, processes and signals. Default: another one each time. */
  readonly seed?: number | undefined
}

/** Moments at which processes are hit, after the start of `flow run` or that of the gang, in milliseconds. */
const LATEST_MS = 1_500
/** What nobody notices (a stopped rank) ends by Ctrl-C after so long. */
const UNNOTICED_MS = 1_000
/** A gang that has not ended so long after its fault hangs: more than the barrier, a lease and the grace. */
const HANGS_MS = 40_000

/** Signals that a process may get. */
const SIGNALS: Readonly<Record<GangProcess['kind'], readonly NodeJS.Signals[]>> = {
  orchestrator: ['SIGKILL', 'SIGINT', 'SIGTERM'],
  supervisor: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
  agent: ['SIGKILL', 'SIGTERM', 'SIGSTOP'],
  body: ['SIGKILL', 'SIGSEGV', 'SIGSTOP'],
  rank: ['SIGKILL', 'SIGSEGV', 'SIGSTOP'],
  other: ['SIGKILL'],
}

/**
 * Gangs that are hit at a random moment: a random process of theirs gets a random signal, whatever they are at. Whatever
 * it was, the run has to end, nothing of it may be left, and its verdict has to name what was hit.
 *
 * @example
 * import { test } from 'node:test'
 *
 * const extension = { name: 'parallel', imports: '', decorators: '@parallel()' }
 * const program = { ranks: 2, run: 'await runRank(current.parallel.nodeIndex, 2, this)' }
 * for (const check of randomFaults(extension, program, { count: 5, seed: 42 })) test(check.name, check.run)
 */
export function randomFaults(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  { count = 10, seed = Date.now() % 1_000_000 }: RandomFaultsOptions = {},
): readonly ConformanceCheck[] {
  return Array.from({ length: count }, (_, index) =>
    toCheck(extension.name, `random fault ${index + 1} of seed ${seed}`, () =>
      tryRandomFault(extension, program, makeRandom(seed + index)),
    ),
  )
}

interface Hit {
  readonly victim: GangProcess
  readonly signal: NodeJS.Signals
}

async function tryRandomFault(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  random: Random,
): Promise<FaultReport> {
  const how = random.pick(['wait', 'wait', 'wait', 'ok'])
  using run = new GangRun(extension, program, { body: program.run, how })
  const moment = Math.round(random.next() * LATEST_MS)
  const isOfGang = random.next() < 0.9
  if (isOfGang) await run.gangStarted()
  await delay(moment, undefined, { signal: run.over }).catch(() => undefined)
  const hit = run.over.aborted ? undefined : choose(run.look(), random)
  const at = hit === undefined ? undefined : run.tryToStrike(hit.victim.pid, hit.signal)
  const isHung = await endOf(run, hit)
  const gang = await run.end()
  const what = hit === undefined ? 'nothing was left to hit' : `${hit.signal} to ${describe(hit.victim)}`
  const problems = at === undefined || hit === undefined ? judgeUnhurt(gang) : judgeHit(hit, how, gang)
  if (isHung) problems.unshift(`it hung: it had not ended ${HANGS_MS} ms later`)
  return report(
    extension.name,
    `${what}, ${moment} ms after the start of the ${isOfGang ? 'gang' : 'run'} (${how})`,
    { at },
    gang,
    problems,
  )
}

/** A kind first: else the many small processes of launchers would be hit most. */
function choose(processes: readonly GangProcess[], random: Random): Hit | undefined {
  const kinds = [...new Set(processes.map(({ kind }) => kind))].toSorted()
  if (kinds.length === 0) return undefined
  const known = kinds.filter(kind => kind !== 'other')
  const kind = random.pick(random.next() < 0.9 && known.length > 0 ? known : kinds)
  const victim = random.pick(processes.filter(process => process.kind === kind))
  return { victim, signal: random.pick(SIGNALS[kind]) }
}

/** Waits for the end of the run, and brings it about where nobody can notice the fault; whether it hung. */
async function endOf(run: GangRun, hit: Hit | undefined): Promise<boolean> {
  const isNoticed = hit !== undefined && hit.victim.kind !== 'other' && !isUnnoticedStop(hit)
  if (!isNoticed && !(await run.endsWithin(UNNOTICED_MS))) run.process.kill('SIGINT')
  if (await run.endsWithin(HANGS_MS)) return false
  run.process.kill('SIGKILL')
  return true
}

function isUnnoticedStop({ victim, signal }: Hit): boolean {
  return signal === 'SIGSTOP' && victim.kind !== 'agent'
}

/** Nothing was hit: it ended before, well, or there is something wrong with it. */
function judgeUnhurt(gang: GangEnd): string[] {
  const outcome = outcomeOf(gang)
  return outcome === 'ok' ? [] : [`nothing was hit, and the outcome is ${outcome}`]
}

/** What the verdict may not be. */
function judgeHit(hit: Hit, how: string, gang: GangEnd): string[] {
  const { victim, signal } = hit
  const outcome = outcomeOf(gang)
  const { stderr, exitCode } = gang.end
  // It was over before the fault could matter.
  if (how === 'ok' && outcome === 'ok') return exitCode === 0 ? [] : [`ok, but flow run exited with ${exitCode}`]
  const expected = expectedEnd(hit)
  if (expected === undefined) return []
  const problems: string[] = []
  if (!expected.outcomes.includes(outcome))
    problems.push(`the outcome is ${outcome}, not ${expected.outcomes.join(' or ')}`)
  if (expected.isNamed && victim.node !== undefined && !new RegExp(`node ?${victim.node}\\b`).test(stderr))
    problems.push(`the message does not name node ${victim.node} (${signal} to ${describe(victim)}):\n${stderr.trim()}`)
  if (/FLOW_INTERNAL/.test(stderr)) problems.push(`an error of Flow's own:\n${stderr.trim()}`)
  return problems
}

interface ExpectedEnd {
  readonly outcomes: readonly (string | undefined)[]
  readonly isNamed: boolean
}

function expectedEnd(hit: Hit): ExpectedEnd | undefined {
  const { victim, signal } = hit
  // Stopped by Ctrl-C, unless it ended by itself: what a launcher's helper does is not known here.
  if (victim.kind === 'other') return undefined
  if (isUnnoticedStop(hit)) return { outcomes: ['cancelled', 'ok'], isNamed: false }
  if (victim.kind === 'orchestrator')
    return { outcomes: signal === 'SIGKILL' ? [undefined] : ['cancelled', undefined], isNamed: false }
  if (victim.kind === 'agent' || victim.kind === 'supervisor') return { outcomes: ['lost'], isNamed: true }
  return { outcomes: ['user-error', 'system-error'], isNamed: true }
}

function describe({ kind, node, rank }: GangProcess): string {
  if (kind === 'orchestrator') return 'flow run'
  const where = node === undefined ? '' : ` of node ${node}`
  return kind === 'rank' ? `rank ${rank}${where}` : kind === 'other' ? `another process${where}` : `the ${kind}${where}`
}
