/** One node of a gang, as every node knows it after the barrier. {@link GangApi} has all of them as `roster`. */
export interface RosterEntry {
  /** 0 is control. */
  readonly index: number
  /** A name without dots, unique in the gang, e.g. 'node3'. */
  readonly name: string
  /** Where other nodes reach it: an IP address. */
  readonly address: string
  /** How many ranks it takes. */
  readonly slots: number
  /** What the node published before the barrier. */
  readonly facts: Readonly<Record<string, unknown>>
}
