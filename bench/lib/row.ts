/** What one run of a side gave: the row's value (seconds, unless the row says otherwise) and what else it saw. */
export interface Sample {
  readonly value: number
  readonly notes?: Readonly<Record<string, number>> | undefined
}

/** One of the programs that a row measures against each other. */
export interface Side {
  readonly name: string
  /** Runs it once, to its end. Rejects when it did not do what it should. */
  measure(): Promise<Sample>
}

/** One line of the table. */
export interface Row {
  readonly id: string
  readonly title: string
  /** What has to hold, in words, and whether the medians by side show it. */
  readonly goal: { readonly text: string; isMet(medians: Medians): boolean }
  /** What can be said of a side that is not measured, e.g. that it crashes. */
  readonly facts?: Readonly<Record<string, string>> | undefined
  /** Gets everything ready, one unmeasured run of each side included. Rejects with `NotYet` where it cannot run here. */
  prepare(): Promise<readonly Side[]>
}

/** Medians of a row: of the value by side, and of our side's notes. */
export interface Medians {
  readonly value: Readonly<Record<string, number>>
  readonly notes: Readonly<Record<string, number>>
}

/** The row needs something that this checkout or machine does not have. */
export class NotYet extends Error {}

/** Names of the sides, as the table's columns have them. */
export const sides = { ours: 'flow', metaflow: 'Metaflow', raw: 'raw' } as const
