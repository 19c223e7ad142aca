import type { Database } from './database.js'

/** Keeps events of runs and writes them together: a gang can tell thousands in a second. */
export class EventLog {
  readonly #db: Database
  #waiting: { readonly runId: number; readonly at: number; readonly body: string }[] = []
  #timer: NodeJS.Immediate | undefined
  #failed: unknown
  #isBroken = false

  constructor(db: Database) {
    this.#db = db
  }

  append(runId: number, event: { readonly at: number }): void {
    if (this.#isBroken) return
    this.#waiting.push({ runId, at: Math.round(event.at), body: JSON.stringify(event) })
    this.#timer ??= setImmediate(() => {
      this.#timer = undefined
      try {
        this.flush()
      } catch (error) {
        this.#failed ??= error // nobody waits here: the next flush that someone waits for says it
      }
    })
  }

  flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      if (waiting.length > 0) this.#db.transaction(() => waiting.forEach(event => this.#insert(event)))
    } catch (error) {
      // A list with a gap would tell another story. It is said once that it ends here.
      this.#isBroken = true
      throw error
    }
    if (this.#failed !== undefined) {
      const error = this.#failed
      this.#failed = undefined
      throw error
    }
  }

  /** Whoever keeps events was told that they cannot be kept: no further ones are, and it is not said again. */
  giveUp(): void {
    this.#isBroken = true
    this.#waiting = []
    this.#failed = undefined
  }

  stop(): void {
    if (this.#timer !== undefined) clearImmediate(this.#timer)
    this.#timer = undefined
  }

  #insert(event: { readonly runId: number; readonly at: number; readonly body: string }): void {
    this.#db.run(
      'insert into events (run_id, seq, at, body) select ?1, coalesce(max(seq), 0) + 1, ?2, ?3 from events where run_id = ?1',
      event.runId,
      event.at,
      event.body,
    )
  }
}
