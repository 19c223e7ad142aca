/** What `this.next` decided. */
export interface Transition {
  /** Names of the next steps, in the order in which they were written. */
  readonly targets: readonly string[]
  /** Number of nodes of the gang that the one target becomes. */
  readonly numParallel?: number | undefined
  /** The field whose elements the one target runs over, and how many there are. */
  readonly foreach?: { readonly field: string; readonly size: number } | undefined
}
