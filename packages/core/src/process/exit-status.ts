import { constants } from 'node:os'

/** How a process ended: exactly one of the two is not null. */
export interface ExitStatus {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

// Some have a second, older name (SIGIOT for SIGABRT), listed later: of a map's entries the last one counts.
const signalNames = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name as NodeJS.Signals]),
)

/** Reads a shell's status: above 128 it is a signal, as shells do (exit(137) and SIGKILL look alike there). */
export function fromShellStatus(status: number): ExitStatus {
  const signal = status > 128 ? signalNames.get(status - 128) : undefined
  return signal === undefined ? { exitCode: status, signal: null } : { exitCode: null, signal }
}

/** 'exited with code 3' or 'was killed by SIGSEGV'. */
export function describeExit({
  exitCode,
  signal,
}: {
  readonly exitCode: number | null
  readonly signal: string | null
}): string {
  return signal === null ? `exited with code ${exitCode ?? '?'}` : `was killed by ${signal}`
}
