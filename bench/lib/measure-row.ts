import { Interrupted } from './command.ts'
import { NotYet, type Row, type Sample, sides } from './row.ts'
import { median } from './statistics.ts'

/** What a row gave. */
export type RowResult =
  | { readonly row: Row; readonly state: 'measured'; readonly sides: readonly SideResult[]; readonly met: boolean }
  | { readonly row: Row; readonly state: 'not yet' | 'failed'; readonly reason: string }

export interface SideResult {
  readonly name: string
  readonly min: number
  readonly median: number
  /** Medians of what it noted. */
  readonly notes: Readonly<Record<string, number>>
}

/** Measures the sides of a row in turn (ours, theirs, ours, theirs), so that what the machine does besides hits all alike. */
export async function measureRow(row: Row, runs: number, onRun: (text: string) => void): Promise<RowResult> {
  try {
    onRun('getting ready')
    const all = await row.prepare()
    const samples = new Map<string, Sample[]>(all.map(side => [side.name, []]))
    for (let run = 1; run <= runs; run++) {
      for (const side of all) {
        onRun(`${side.name} ${run}/${runs}`)
        samples.get(side.name)?.push(await side.measure())
      }
    }
    const results = [...samples].map(([name, list]) => {
      const values = list.map(sample => sample.value)
      return { name, min: Math.min(...values), median: median(values), notes: mediansOfNotes(list) }
    })
    const notes = results.find(({ name }) => name === sides.ours)?.notes ?? {}
    const value = Object.fromEntries(results.map(result => [result.name, result.median]))
    return { row, state: 'measured', sides: results, met: row.goal.isMet({ value, notes }) }
  } catch (error) {
    if (error instanceof Interrupted) throw error
    const reason = error instanceof Error ? error.message : String(error)
    return { row, state: error instanceof NotYet ? 'not yet' : 'failed', reason }
  }
}

function mediansOfNotes(samples: readonly Sample[]): Record<string, number> {
  const names = Object.keys(samples[0]?.notes ?? {})
  return Object.fromEntries(
    names.map(name => [name, median(samples.map(sample => sample.notes?.[name] ?? Number.NaN))]),
  )
}
