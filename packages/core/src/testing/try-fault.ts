import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import type { Fault, Strike } from './faults.js'
import type { GangProcess } from './gang-processes.js'
import { GangRun } from './gang-run.js'
import { WAITS } from './generate.js'
import { judge } from './judge.js'
import { type FaultReport, report } from './report.js'

/** Runs a gang, brings the fault about, waits for its end, and looks at what it did and left. */
export async function tryFault(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  fault: Fault,
  stopWithinMs: number,
): Promise<FaultReport> {
  const { strike } = fault
  const body = strike.by === 'missing' ? (program.missing ?? '') : program.run
  using run = new GangRun(extension, program, body, strike.by === 'rank' ? strike.how : 'wait')
  let processes: readonly GangProcess[] = []
  let at: number | undefined
  if (strike.by !== 'missing' && (await run.allRun(program.ranks))) {
    processes = run.look()
    if (strike.by === 'signal') at = run.strike(findVictim(strike, processes), strike.signal)
  }
  const gang = await run.end()
  // Ranks that bring it about themselves write down when.
  at ??= [...gang.failed.values()][0]
  const problems = judge({ fault, program, at, processes, gang }, { stopWithinMs, graceMs: WAITS.grace })
  return report(extension.name, fault.id, at, gang, problems)
}

function findVictim({ target, node }: Strike & { by: 'signal' }, processes: readonly GangProcess[]): number {
  const found = processes.find(one => {
    if (target === 'orchestrator') return one.kind === target
    return one.node === node && (typeof target === 'string' ? one.kind === target : target.command.test(one.command))
  })
  if (found !== undefined) return found.pid
  const all = processes.map(one => `${one.pid} ${one.kind} @${one.node}: ${one.command}`).join('\n')
  throw new Error(`there is no ${typeof target === 'string' ? target : target.name} on node ${node} among\n${all}`)
}
