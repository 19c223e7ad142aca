import { statSync } from 'node:fs'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { FlowError } from '../errors/index.js'
import { databaseError, storeCorrupt, storeNewer } from './database-error.js'
import { Statement } from './statement.js'

/** How long a statement waits for another process's transaction. Ours take less than a millisecond each. */
const BUSY_MS = 5000
/** 'Flow' in ASCII: tells our file from any other SQLite database. */
const APPLICATION_ID = 0x466c6f77

/** One row; the columns are those of the statement. */
export type Row = Readonly<Record<string, unknown>>

/** A SQLite database with migrations, cached statements, and errors that a person can act on. */
export class Database {
  readonly path: string
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, Statement>()
  #isInTransaction = false

  private constructor(path: string, db: DatabaseSync) {
    this.path = path
    this.#db = db
  }

  /**
   * Opens (or makes) the database and brings its schema up to date. Several processes may do so at once.
   *
   * @throws FLOW_STORE_CORRUPT, FLOW_STORE_NEWER, FLOW_STORE_READONLY, FLOW_STORE_FULL, FLOW_STORE_LOCKED, FLOW_STORE_IO
   */
  static open(path: string, migrations: readonly string[]): Database {
    let db: DatabaseSync | undefined
    try {
      const { DatabaseSync } = loadSqlite()
      db = new DatabaseSync(path, { timeout: BUSY_MS })
      prepare(db, path, migrations)
      return new Database(path, db)
    } catch (error) {
      if (db?.isOpen) db.close()
      throw databaseError(error, path)
    }
  }

  /**
   * {@link open} for a reader, which needs no place to write: on a full or read-only file system it reads the file as it
   * is. A schema that is not up to date cannot be read there.
   */
  static openToRead(path: string, migrations: readonly string[]): Database {
    try {
      return Database.open(path, migrations)
    } catch (error) {
      if (!FlowError.is(error) || !unwritable.has(error.code)) throw error
      const db = openAsItIs(path)
      if (db === undefined) throw error
      if (schemaOf(db, path, migrations) === migrations.length) return new Database(path, db)
      db.close()
      throw error
    }
  }

  /** All rows of a statement. */
  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#guard(() => this.#statement(sql).all(values))
  }

  /** The first row, if any. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(values))
  }

  /** How many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => this.#statement(sql).run(values))
  }

  /** All that `work` writes, or nothing of it. */
  transaction<T>(work: () => T): T {
    return this.#guard(() => {
      if (this.#isInTransaction) return work()
      this.#db.exec('begin immediate')
      this.#isInTransaction = true
      try {
        const result = work()
        this.#db.exec('commit')
        return result
      } catch (error) {
        rollBack(this.#db)
        throw error
      } finally {
        this.#isInTransaction = false
      }
    })
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = new Statement(this.#db, sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw databaseError(error, this.path)
    }
  }
}

// Loaded only when a database is opened: `flow check` and the bodies of steps need none. Older Node versions print a
// warning then, which is no news to anyone who runs a flow.
function loadSqlite(): typeof import('node:sqlite') {
  // Put back below as it was; it is never called unbound.
  // oxlint-disable-next-line typescript/unbound-method
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}

/** What {@link Database.open} says where nothing can be written. */
const unwritable: ReadonlySet<string> = new Set(['FLOW_STORE_READONLY', 'FLOW_STORE_FULL', 'FLOW_STORE_IO'])

// Readers of a database in WAL mode share a file beside it. Where that can be neither found nor made, SQLite reads only
// what nobody changes: with nothing in the write-ahead log that is all there is.
function openAsItIs(path: string): DatabaseSync | undefined {
  const { DatabaseSync } = loadSqlite()
  const url = pathToFileURL(path)
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) url.searchParams.set('immutable', '1')
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(url, { readOnly: true })
    db.prepare('select count(*) from sqlite_schema').get()
    return db
  } catch {
    db?.close()
    return undefined
  }
}

function prepare(db: DatabaseSync, path: string, migrations: readonly string[]): void {
  if (pragma(db, 'journal_mode') !== 'wal') useWal(db)
  // In WAL mode NORMAL never damages the database; a power cut can undo the last commits.
  db.exec('pragma synchronous = normal')
  if (schemaOf(db, path, migrations) === migrations.length) return
  db.exec('begin immediate')
  try {
    // Again inside the transaction: another process may have migrated meanwhile.
    for (const migration of migrations.slice(schemaOf(db, path, migrations))) db.exec(migration)
    db.exec(`pragma user_version = ${migrations.length}; pragma application_id = ${APPLICATION_ID}; commit`)
  } catch (error) {
    rollBack(db)
    throw error
  }
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec('rollback')
  } catch {
    // SQLite has already rolled back after some errors, a full disk among them.
  }
}

function schemaOf(db: DatabaseSync, path: string, migrations: readonly string[]): number {
  const version = Number(pragma(db, 'user_version'))
  const isEmpty = version === 0 && db.prepare('select count(*) as n from sqlite_schema').get()?.['n'] === 0
  if (!isEmpty && pragma(db, 'application_id') !== APPLICATION_ID) throw storeCorrupt(path)
  if (version > migrations.length) throw storeNewer(path, version, migrations.length)
  return version
}

// SQLite does not wait for other processes here, though their first opening of a new file may overlap with ours.
function useWal(db: DatabaseSync): void {
  const deadline = performance.now() + BUSY_MS
  for (;;) {
    try {
      db.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      const errcode = (error as { errcode?: unknown }).errcode
      if (typeof errcode !== 'number' || (errcode & 0xff) !== 5 || performance.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  return db.prepare(`pragma ${name}`).get()?.[name]
}
