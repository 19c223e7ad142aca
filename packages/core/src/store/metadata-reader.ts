import type { ArtifactRef, Artifacts } from './artifact-ref.js'
import type { Database, Row } from './database.js'
import { parsePath, parseTaskPath } from './path.js'
import type { AttemptRecord, RunRecord, StepRecord, TaskRecord } from './records.js'
import type { Outcome } from './verdict.js'

/** The reads of the metadata. What is not there is undefined or an empty list. */
export class MetadataReader {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** Names of all flows that ran, sorted. */
  flows(): readonly string[] {
    return this.#db.all('select distinct flow from runs order by flow').map(row => String(row['flow']))
  }

  /** Runs of one flow or of all, newest first; with tags those that have all of them. */
  runs(flow?: string, limit = -1, tags: readonly string[] = []): readonly RunRecord[] {
    const conditions = [
      ...(flow === undefined ? [] : ['flow = ?']),
      ...tags.map(() => 'id in (select run_id from run_tags where tag = ?)'),
    ]
    const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`
    const values = [...(flow === undefined ? [] : [flow]), ...tags]
    return this.#db
      .all(`select * from runs ${where} order by id desc limit ?`, ...values, limit)
      .map(row => this.#run(row))
  }

  /** @param path `Flow/run`, or a path below it. */
  run(path: string): RunRecord | undefined {
    const parsed = parsePath(path)
    if (parsed.kind === 'flow') return undefined
    const row = this.#db.get('select * from runs where id = ? and flow = ?', Number(parsed.runId), parsed.flow)
    return row === undefined ? undefined : this.#run(row)
  }

  /** The steps of a run that have tasks, in the order in which they began. */
  steps(path: string): readonly StepRecord[] {
    const run = this.run(path)
    if (run === undefined) return []
    return this.#db
      .all(
        'select step, count(*) as tasks from tasks where run_id = ? group by step order by min(id)',
        Number(run.runId),
      )
      .map(row => ({ step: String(row['step']), tasks: Number(row['tasks']) }))
  }

  /** The tasks of a run or of one of its steps, in the order in which they were made. */
  tasks(path: string): readonly TaskRecord[] {
    const parsed = parsePath(path)
    const run = this.run(path)
    if (run === undefined) return []
    const runId = Number(run.runId)
    const rows =
      parsed.kind === 'step'
        ? this.#db.all('select * from tasks where run_id = ? and step = ? order by id', runId, parsed.step)
        : this.#db.all('select * from tasks where run_id = ? order by id', runId)
    return rows.map(row => toTask(run.flow, row))
  }

  /** @param path `Flow/run/step/task`, with or without `@node`. */
  task(path: string): TaskRecord | undefined {
    const { runId, taskId, step, flow } = parseTaskPath(path)
    const row = this.#db.get(
      'select t.* from tasks t join runs r on r.id = t.run_id where t.run_id = ? and t.id = ? and t.step = ? and r.flow = ?',
      Number(runId),
      Number(taskId),
      step,
      flow,
    )
    return row === undefined ? undefined : toTask(flow, row)
  }

  /** The attempts of a task, first to last. */
  attempts(path: string): readonly AttemptRecord[] {
    const task = this.task(path)
    if (task === undefined) return []
    return this.#db
      .all(
        'select * from attempts where run_id = ? and task_id = ? order by attempt',
        Number(task.runId),
        Number(task.taskId),
      )
      .map(row => toAttempt(task.path, row))
  }

  /**
   * The artifacts of a task by field; of a gang those of the node that the path names, else of node 0. Of the last
   * attempt that was committed; `attempt` asks for a certain one.
   */
  artifacts(path: string, attempt?: number): Artifacts {
    const { runId, taskId, node = 0 } = parseTaskPath(path)
    if (this.task(path) === undefined) return {}
    const key = [Number(runId), Number(taskId)] as const
    const last = 'select max(attempt) from attempts where run_id = ?1 and task_id = ?2 and outcome is not null'
    const rows = this.#db.all(
      'select field, hash, encoding, size, type, mode from artifacts ' +
        `where run_id = ?1 and task_id = ?2 and node = ?3 and attempt = coalesce(?4, (${last})) order by field`,
      ...key,
      node,
      attempt ?? null,
    )
    return Object.fromEntries(rows.map(row => [String(row['field']), toArtifact(row)]))
  }

  /** The events of a run, as they were appended. */
  events(path: string): readonly Readonly<Record<string, unknown>>[] {
    const run = this.run(path)
    if (run === undefined) return []
    return this.#db
      .all('select body from events where run_id = ? order by seq', Number(run.runId))
      .map(row => JSON.parse(String(row['body'])))
  }

  #run(row: Row): RunRecord {
    const tags = this.#db.all('select tag from run_tags where run_id = ? order by tag', Number(row['id']))
    return {
      flow: String(row['flow']),
      runId: String(row['id']),
      parameters: JSON.parse(String(row['parameters'])),
      tags: tags.map(tag => String(tag['tag'])),
      user: text(row['user']),
      packageHash: text(row['package_hash']),
      pid: number(row['pid']),
      startedAt: Number(row['started_at']),
      endedAt: number(row['ended_at']),
      outcome: text(row['outcome']) as Outcome | undefined, // written by us only, from an Outcome
    }
  }
}

function toTask(flow: string, row: Row): TaskRecord {
  const [runId, step, taskId] = [String(row['run_id']), String(row['step']), String(row['id'])]
  return {
    path: `${flow}/${runId}/${step}/${taskId}`,
    runId,
    step,
    taskId,
    foreachStack: JSON.parse(String(row['foreach_stack'])),
    parents: JSON.parse(String(row['parents'])),
    createdAt: Number(row['created_at']),
  }
}

function toAttempt(path: string, row: Row): AttemptRecord {
  const [verdict, transition] = [text(row['verdict']), text(row['transition'])]
  return {
    path,
    attempt: Number(row['attempt']),
    nodes: Number(row['nodes']),
    startedAt: Number(row['started_at']),
    endedAt: number(row['ended_at']),
    outcome: text(row['outcome']) as Outcome | undefined, // written by us only, from an Outcome
    verdict: verdict === undefined ? undefined : JSON.parse(verdict),
    transition: transition === undefined ? undefined : JSON.parse(transition),
  }
}

function toArtifact(row: Row): ArtifactRef {
  const type = text(row['type'])
  const mode = number(row['mode'])
  return {
    hash: String(row['hash']),
    encoding: String(row['encoding']) as ArtifactRef['encoding'], // written by us only, from an ArtifactRef
    size: Number(row['size']),
    ...(type === undefined ? {} : { type }),
    ...(mode === undefined ? {} : { mode }),
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
