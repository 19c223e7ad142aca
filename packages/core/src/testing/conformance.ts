import { type ConformanceCheck, toCheck } from './check.js'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import type { Fault } from './fault.js'
import { faultsOf } from './faults.js'
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

/**
 * The checks that an extension has to pass: each runs a gang by `flow run` with real processes, brings one fault about,
 * and holds the end against docs/faults.md: the outcome, the exit code, what the message names, SIGTERM for every rank
 * that can hear it, and that no process, cgroup, socket, port, key or directory is left.
 *
 * The faults: `ok`; `a rank raises`; `a rank exits with 3`; `a rank is killed`; `no such program`; `the body of control is
 * killed`; `the agent of a worker is killed`, `... of control ...`, `the supervisor of ...`; `NAME is killed` for each of
 * `program.launchers`; the same with `stopped`, by SIGSTOP, and `a rank is stopped`; `flow run is stopped for three leases`,
 * `... for longer`; `Ctrl-C`; `flow run is killed`. Each takes two to four seconds (`for longer`: eight), and as long as
 * the framework needs to start.
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
  return chosen(faultsOf(program), faults).map(fault =>
    toCheck(extension.name, fault.id, () => tryFault(extension, program, fault, stopWithinMs)),
  )
}

function chosen(all: readonly Fault[], names: readonly string[] | undefined): readonly Fault[] {
  if (names === undefined) return all
  return names.map(name => {
    const found = all.find(({ id }) => id === name)
    if (found !== undefined) return found
    throw new TypeError(`there is no fault '${name}', but ${all.map(({ id }) => `'${id}'`).join(', ')}`)
  })
}
