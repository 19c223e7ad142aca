import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ArtifactRef } from './artifact-ref.js'
import { Database } from './database.js'
import { EventLog } from './event-log.js'
import { MetadataReader } from './metadata-reader.js'
import { migrations } from './migrations/index.js'
import { parseTaskPath } from './path.js'
import type { Commit, NewRun, NewTask } from './records.js'
import type { Outcome } from './verdict.js'

/**
 * What is known of runs, steps, tasks and attempts, in one SQLite file. The orchestrator of a run is the only writer of
 * that run; any number of orchestrators and readers share the file.
 *
 * Every method can throw FLOW_STORE_CORRUPT, FLOW_STORE_FULL, FLOW_STORE_READONLY, FLOW_STORE_LOCKED, FLOW_STORE_IO.
 *
 * @example
 * const metadata = Metadata.open('/project/.flow')
 * const runId = metadata.createRun({ flow: 'Train', parameters: {} })
 * const taskId = metadata.createTask(runId, 'start')
 * metadata.startAttempt(`Train/${runId}/start/${taskId}`, 0)
 */
export class Metadata extends MetadataReader {
  readonly #db: Database
  readonly #events: EventLog

  private constructor(db: Database) {
    super(db)
    this.#db = db
    this.#events = new EventLog(db)
  }

  /**
   * Opens `<home>/meta.db`, or makes it.
   *
   * @throws FLOW_STORE_NEWER when a later Flow made it
   */
  static open(home: string): Metadata {
    return new Metadata(Database.open(join(home, 'meta.db'), migrations))
  }

  /** {@link open} for readers: where there is no database yet, an empty one in memory; no need to write. */
  static openExisting(home: string): Metadata {
    const path = join(home, 'meta.db')
    return new Metadata(
      existsSync(path) ? Database.openToRead(path, migrations) : Database.open(':memory:', migrations),
    )
  }

  /** Returns the run's id: a decimal number, never used before in this home. */
  createRun(run: NewRun): string {
    return this.#db.transaction(() => {
      const row = this.#db.get(
        'insert into runs (flow, parameters, user, package_hash, pid, started_at) values (?, ?, ?, ?, ?, ?) returning id',
        run.flow,
        JSON.stringify(run.parameters),
        run.user ?? null,
        run.packageHash ?? null,
        run.pid ?? process.pid,
        Math.round(run.startedAt ?? Date.now()),
      )
      const runId = String(row?.['id'])
      for (const tag of run.tags ?? []) this.addTag(runId, tag)
      return runId
    })
  }

  /** Returns the task's id: 1, 2, … within its run. */
  createTask(runId: string, step: string, task: NewTask = {}): string {
    const row = this.#db.get(
      'insert into tasks (run_id, id, step, foreach_stack, parents, created_at) ' +
        'select ?1, coalesce(max(id), 0) + 1, ?2, ?3, ?4, ?5 from tasks where run_id = ?1 returning id',
      Number(runId),
      step,
      JSON.stringify(task.foreachStack ?? []),
      JSON.stringify(task.parents ?? []),
      Date.now(),
    )
    return String(row?.['id'])
  }

  /** @param path The task's path. @param attempt Counted from 0 by the caller. */
  startAttempt(
    path: string,
    attempt: number,
    options: { readonly nodes?: number; readonly startedAt?: number } = {},
  ): void {
    const { runId, taskId } = parseTaskPath(path)
    this.#db.run(
      'insert into attempts (run_id, task_id, attempt, nodes, started_at) values (?, ?, ?, ?, ?)',
      Number(runId),
      Number(taskId),
      attempt,
      options.nodes ?? 1,
      Math.round(options.startedAt ?? Date.now()),
    )
  }

  /**
   * Records how an attempt ended, once: false (and nothing changes) when it has been recorded already, when it was
   * never started, or when a later attempt of the task has begun.
   */
  commitAttempt(commit: Commit): boolean {
    const { runId, taskId } = parseTaskPath(commit.path)
    const key = [Number(runId), Number(taskId), commit.attempt] as const
    return this.#db.transaction(() => {
      const changed = this.#db.run(
        'update attempts set outcome = ?4, verdict = ?5, transition = ?6, ended_at = ?7 ' +
          'where run_id = ?1 and task_id = ?2 and attempt = ?3 and outcome is null ' +
          'and not exists (select 1 from attempts where run_id = ?1 and task_id = ?2 and attempt > ?3)',
        ...key,
        commit.outcome,
        json(commit.verdict),
        json(commit.transition),
        Math.round(commit.endedAt ?? Date.now()),
      )
      if (changed === 0) return false
      for (const [node, artifacts] of (commit.artifacts ?? []).entries()) {
        for (const [field, ref] of Object.entries(artifacts)) this.#addArtifact(key, node, field, ref)
      }
      return true
    })
  }

  /** Records how a run ended, once; false when that was done before. */
  finishRun(runId: string, outcome: Outcome, endedAt = Date.now()): boolean {
    try {
      return this.#db.transaction(() => {
        this.#events.flush()
        const changed = this.#db.run(
          'update runs set outcome = ?, ended_at = ? where id = ? and outcome is null',
          outcome,
          Math.round(endedAt),
          Number(runId),
        )
        return changed > 0
      })
    } catch (error) {
      this.#events.giveUp()
      throw error
    }
  }

  addTag(runId: string, tag: string): void {
    this.#db.run('insert or ignore into run_tags (run_id, tag) values (?, ?)', Number(runId), tag)
  }

  removeTag(runId: string, tag: string): void {
    this.#db.run('delete from run_tags where run_id = ? and tag = ?', Number(runId), tag)
  }

  /** Keeps an event of a run. Events are written together, at the latest in the next turn of the event loop. */
  appendEvent(runId: string, event: { readonly at: number }): void {
    this.#events.append(Number(runId), event)
  }

  /** Writes what waits and closes the file. */
  close(): void {
    try {
      this.#events.flush()
    } finally {
      this.#events.stop()
      this.#db.close()
    }
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #addArtifact(key: readonly [number, number, number], node: number, field: string, ref: ArtifactRef): void {
    this.#db.run(
      'insert into artifacts (run_id, task_id, attempt, node, field, hash, encoding, size, type, mode) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...key,
      node,
      field,
      ref.hash,
      ref.encoding,
      ref.size,
      ref.type ?? null,
      ref.mode ?? null,
    )
  }
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value)
}
