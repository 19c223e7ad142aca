import { AssertionError } from 'node:assert'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import { type Fault, faultsOf } from './faults.js'
import type { FaultReport } from './report.js'
import { tryFault } from './try-fault.js'

/** docs/faults.md: SIGTERM is everywhere so soon after a fault was seen. */
const STOP_WITHIN_MS = 500

/** How strict {@link conformance} is, and what it tries. */
export interface ConformanceOptions {
  /** Names of the faults that are tried, such as `'a rank raises'` (see {@link conformance}). Default: all. */
  readonly faults?: readonly string[] | undefined
  /**
   * Milliseconds from the moment that a fault is seen to the SIGTERM of the last rank. Default: 500, as docs/faults.md
   * promises; more for a machine that is busy with other things.
   */
  readonly stopWithinMs?: number | undefined
}

/** One fault under one extension, ready to be tried; made by {@link conformance}. */
export interface ConformanceCheck {
  /** `mpi: a rank raises` */
  readonly name: string
  /** What is tried: `a rank raises`. */
  readonly fault: string
  /** Tries it; rejects with what does not hold, and with all that `flow run` printed. */
  readonly run: () => Promise<void>
  /** Tries it and tells what happened, good or bad. */
  readonly measure: () => Promise<FaultReport>
}

/**
 * The checks that an extension has to pass: each runs a gang by `flow run` with real processes, brings one fault about,
 * and holds the end against docs/faults.md: the outcome, the exit code, what the message names, SIGTERM for every rank
 * that can hear it, and that no process, cgroup, socket, port, key or directory is left.
 *
 * The faults: `ok`; `a rank raises`; `a rank exits with 3`; `a rank is killed`; `no such program`; `the body of control is
 * killed`; `the agent of a worker is killed`, `... of control ...`, `the supervisor of ...`; `the agent of ... is
 * stopped`; `NAME is killed` for each of `program.launchers`; `Ctrl-C`; `flow run is killed`. Each takes about two
 * seconds, and as long as the framework needs to start.
 *
 * @throws TypeError for a name in `options.faults` that is none.
 *
 * @example
 * import { test } from 'node:test'
 *
 * for (const check of conformance(
 *   { name: 'mpi', imports: "import { mpi } from '@flow/mpi'", decorators: '@resources({ cpu: 2 }) @mpi()' },
 *   { ranks: 4, run: "await current.mpi.run({ program: ['sh', 'conformance-rank.sh', this.how, this.dir, '4'] })" },
 * )) {
 *   test(check.name, { timeout: 60_000 }, check.run)
 * }
 */
export function conformance(
  extension: ExtensionUnderTest,
  program: ProgramUnderTest,
  { faults, stopWithinMs = STOP_WITHIN_MS }: ConformanceOptions = {},
): readonly ConformanceCheck[] {
  return chosen(faultsOf(program), faults).map(fault => {
    const measure = (): Promise<FaultReport> => tryFault(extension, program, fault, stopWithinMs)
    return {
      name: `${extension.name}: ${fault.id}`,
      fault: fault.id,
      measure,
      run: async () => expectGood(await measure()),
    }
  })
}

function chosen(all: readonly Fault[], names: readonly string[] | undefined): readonly Fault[] {
  if (names === undefined) return all
  return names.map(name => {
    const found = all.find(({ id }) => id === name)
    if (found !== undefined) return found
    throw new TypeError(`there is no fault '${name}', but ${all.map(({ id }) => `'${id}'`).join(', ')}`)
  })
}

function expectGood({ extension, fault, problems, leftovers, output }: FaultReport): void {
  const wrong = [...problems, ...leftovers.map(left => `left over: ${left}`)]
  if (wrong.length === 0) return
  throw new AssertionError({ message: `${extension}: ${fault}:\n- ${wrong.join('\n- ')}\n\nflow run said:\n${output}` })
}
