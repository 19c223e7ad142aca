import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

/** A prepared statement. Its numbered parameters (`?1`) work on every Node.js: those before 22.20 and 24.7 refuse them. */
export class Statement {
  readonly #statement: StatementSync
  /** For each parameter as it stands, which value it takes; undefined when they are not numbered. */
  readonly #order: readonly number[] | undefined

  constructor(db: DatabaseSync, sql: string) {
    const numbers = [...sql.matchAll(/\?(\d+)/g)].map(match => Number(match[1]) - 1)
    this.#order = numbers.length === 0 ? undefined : numbers
    this.#statement = db.prepare(sql.replaceAll(/\?\d+/g, '?'))
  }

  all(values: readonly SQLInputValue[]): readonly Record<string, unknown>[] {
    return this.#statement.all(...this.#ordered(values))
  }

  get(values: readonly SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#statement.get(...this.#ordered(values))
  }

  /** How many rows it changed. */
  run(values: readonly SQLInputValue[]): number {
    return Number(this.#statement.run(...this.#ordered(values)).changes)
  }

  #ordered(values: readonly SQLInputValue[]): readonly SQLInputValue[] {
    return this.#order?.map(number => values[number] ?? null) ?? values
  }
}
