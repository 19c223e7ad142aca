import type { ProgramUnderTest } from './extension.js'
import type { Fault, Strike } from './fault.js'
import type { GangProcess } from './gang-processes.js'
import type { GangEnd } from './gang-run.js'
import { outcomeOf } from './report.js'

/** A gang whose fault has come about, and its end. */
export interface Struck {
  readonly fault: Fault
  readonly program: ProgramUnderTest
  /** When, in milliseconds since the epoch; undefined when it did not come so far. */
  readonly at: number | undefined
  /** Its processes when all ranks ran. */
  readonly processes: readonly GangProcess[]
  readonly gang: GangEnd
}

export interface Bounds {
  /** From a fault's being seen to the last SIGTERM. */
  readonly stopWithinMs: number
  readonly graceMs: number
}

/** The run's own end, and whatever settles a verdict (up to a second), after the gang's. */
const ENDS_WITHIN_MS = 1_000

/** What does not hold of the contract of docs/faults.md. */
export function judge(struck: Struck, bounds: Bounds): string[] {
  if (struck.fault.strike.by === 'signal' && struck.at === undefined) return ['the run ended before all ranks ran']
  return [...endProblems(struck), ...messageProblems(struck), ...stopProblems(struck, bounds)]
}

function endProblems({ fault, gang }: Struck): string[] {
  const problems: string[] = []
  const { end, list } = gang
  const outcome = outcomeOf(gang)
  if (end.exitCode !== fault.exitCode) problems.push(`flow run exited with ${end.exitCode}, not with ${fault.exitCode}`)
  if (fault.outcomes.length === 0) {
    if (!/ lost /.test(list)) problems.push(`flow list does not say that the run is lost: ${list.trim()}`)
  } else if (!fault.outcomes.some(one => one === outcome))
    problems.push(`the outcome is ${outcome}, not ${fault.outcomes.join(' or ')}`)
  return problems
}

function messageProblems({ fault, gang: { end } }: Struck): string[] {
  const missing = fault.says.filter(pattern => !pattern.test(end.stderr))
  const problems = missing.map(pattern => `the message does not say ${pattern}:\n${end.stderr.trim()}`)
  if (
    /^ +at .*(@flow\/core|packages\/core|\/deps\/[0-9a-f]+\/|node:internal)/m.test(end.stderr) ||
    end.stderr.includes('FLOW_INTERNAL')
  )
    problems.push(`the message has a stack trace of Flow's own:\n${end.stderr.trim()}`)
  return problems
}

/** Every rank that lives and whose node lives hears SIGTERM in time, and the gang ends in time. */
function stopProblems({ fault, program, at, processes, gang }: Struck, bounds: Bounds): string[] {
  const { strike } = fault
  if (strike.by === 'missing' || (strike.by === 'rank' && strike.how === 'ok')) return []
  const { sigterms, endedAt } = gang
  if (at === undefined) return ['the rank that should have failed did not come so far']
  const problems: string[] = []
  const stopBound = fault.detectionMs + bounds.stopWithinMs
  for (const { rank } of processes.filter(process => process.rank !== undefined && !isGone(process))) {
    const time = sigterms.get(rank ?? -1)
    if (time === undefined) {
      if (!mayBeDeaf(fault.strike, program)) problems.push(`rank ${rank} heard no SIGTERM`)
    } else if (time - at > stopBound)
      problems.push(`rank ${rank} heard SIGTERM after ${Math.round(time - at)} ms, not ${stopBound}`)
  }
  const endBound = stopBound + bounds.graceMs + ENDS_WITHIN_MS
  if (endedAt - at > endBound) problems.push(`it ended after ${Math.round(endedAt - at)} ms, not ${endBound}`)
  return problems

  /** The rank that failed, and those of a node whose agent cannot send it. */
  function isGone({ rank, node, kind }: GangProcess): boolean {
    if (strike.by === 'rank') return rank === program.ranks - 1
    if (strike.by !== 'signal') return false
    // Who is stopped, and goes on at the end, hears it then; but for an agent, which is killed.
    const { target, pause } = strike
    if (pause !== undefined) return false
    if (target === 'agent' || target === 'supervisor') return node === strike.node
    return target === 'body' && kind === 'body' && node === strike.node
  }
}

/** Ranks that the framework itself ends hear no SIGTERM of Flow. */
function mayBeDeaf(strike: Strike, program: ProgramUnderTest): boolean {
  if (program.endsRanksItself === true) return true
  if (strike.by !== 'signal' || typeof strike.target === 'string' || 'rank' in strike.target) return false
  return strike.target.takesRanksAlong === true
}
