import {
  type ArtifactRef,
  type Artifacts,
  type AttemptRecord,
  loadArtifact,
  type LogLine,
  type Outcome,
  readLog,
  type ReadLogOptions,
  restorePath,
  type RunRecord,
  type Store,
  type TaskRecord,
  type Verdict,
} from '../store/index.js'
import { FlowError } from '../errors/index.js'
import { attemptEnd } from './attempt-end.js'

/** Which log {@link PastTask} shall read: of the last attempt, unless one is named; all nodes, ranks and streams, unless some are. */
export interface TaskLogOptions extends Omit<ReadLogOptions, 'ended'> {
  readonly attempt?: number | undefined
}

/**
 * One task of a run, or one node of it when its path said so.
 *
 * @example
 * using flows = client()
 * const task: PastTask = flows.task('Train/3/fit/7@2')
 * console.log(task.outcome, await task.artifact('loss'))
 * for await (const line of task.logs({ stream: 'stderr' })) console.log(line.text)
 */
export class PastTask {
  readonly record: TaskRecord
  readonly run: RunRecord
  readonly node: number | undefined
  readonly #store: Store

  constructor(store: Store, run: RunRecord, record: TaskRecord, node?: number) {
    this.#store = store
    this.run = run
    this.record = record
    this.node = node
  }

  /** `Flow/run/step/task`, with `@node` where one was chosen. */
  get path(): string {
    return this.node === undefined ? this.record.path : `${this.record.path}@${this.node}`
  }

  attempts(): readonly AttemptRecord[] {
    return this.#store.metadata.attempts(this.record.path)
  }

  /** How many nodes its last attempt had. */
  get nodes(): number {
    return this.attempts().at(-1)?.nodes ?? 1
  }

  /** How its last attempt ended; undefined while it runs. */
  get outcome(): Outcome | undefined {
    return this.attempts().at(-1)?.outcome
  }

  get verdict(): Verdict | undefined {
    return this.attempts().at(-1)?.verdict
  }

  /** What it made, by field: of the chosen node, of a gang else of node 0. */
  artifacts(): Artifacts {
    return this.#store.metadata.artifacts(this.path)
  }

  /**
   * The value of an artifact. A file or directory has none: {@link restore} writes it somewhere.
   *
   * @throws FLOW_ARTIFACT_MISSING, FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT
   */
  async artifact(field: string): Promise<unknown> {
    const ref = this.#ref(field)
    if (ref.encoding === 'file' || ref.encoding === 'dir') {
      throw new FlowError('FLOW_ARTIFACT_MISSING', {
        message: `'${field}' of ${this.path} is a ${ref.encoding === 'dir' ? 'directory' : 'file'}, not a value`,
        fix: `Write it to a place of your choice: await task.restore('${field}', './${field}').`,
        details: { path: this.path, field },
      })
    }
    return loadArtifact(this.#store.blobs, ref)
  }

  /**
   * Writes an artifact that is a file or a directory to `to`; any other as its stored bytes.
   *
   * @throws FLOW_ARTIFACT_MISSING, FLOW_BLOB_MISSING, FLOW_BLOB_CORRUPT, FLOW_STORE_FULL
   */
  async restore(field: string, to: string): Promise<void> {
    const ref = this.#ref(field)
    await restorePath(this.#store.blobs, ref, to)
  }

  /** Its log, line by line. With `follow` it ends when the attempt has ended or its orchestrator is gone. */
  async *logs(options: TaskLogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
    const attempt = options.attempt ?? this.attempts().at(-1)?.attempt ?? 0
    const dir = this.#store.logDir(this.record.path, attempt)
    const read = { node: this.node, ...options }
    if (!options.follow) return yield* readLog(dir, read)
    using end = attemptEnd(this.#store, this.run, this.record.path, attempt)
    yield* readLog(dir, { ...read, ended: end.promise })
  }

  #ref(field: string): ArtifactRef {
    const artifacts = this.artifacts()
    const ref = Object.hasOwn(artifacts, field) ? artifacts[field] : undefined
    if (ref !== undefined) return ref
    const fields = Object.keys(artifacts)
    throw new FlowError('FLOW_ARTIFACT_MISSING', {
      message: `${this.path} has no artifact '${field}'`,
      why: fields.length === 0 ? 'It has none: it did not set any, or has not ended.' : `It has: ${fields.join(', ')}.`,
      fix: 'Choose one of its artifacts, or set this.' + field + ' in the step.',
      details: { path: this.path, field, fields },
    })
  }
}
