import { AssertionError } from 'node:assert'
import type { FaultReport } from './report.js'

/** One fault under one extension, ready to be tried; made by {@link conformance} and {@link randomFaults}. */
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

export function toCheck(extension: string, fault: string, measure: () => Promise<FaultReport>): ConformanceCheck {
  return { name: `${extension}: ${fault}`, fault, measure, run: async () => expectGood(await measure()) }
}

function expectGood({ extension, fault, problems, leftovers, output }: FaultReport): void {
  const wrong = [...problems, ...leftovers.map(left => `left over: ${left}`)]
  if (wrong.length === 0) return
  throw new AssertionError({ message: `${extension}: ${fault}:\n- ${wrong.join('\n- ')}\n\nflow run said:\n${output}` })
}
