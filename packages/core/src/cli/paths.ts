import { FlowError } from '../errors/index.js'
import { parsePath, type Store, type TaskRecord } from '../store/index.js'
import { homeOfCwd } from './home.js'
import type { Session } from './session.js'

/** What a path names. */
export interface Found {
  readonly store: Store
  /** `Flow/run`. */
  readonly run: string
  /** The path without its node: what `metadata.tasks` or `metadata.task` take. */
  readonly path: string
  readonly isTask: boolean
  /** The node that the path ended with, if any. */
  readonly node: number | undefined
}

/**
 * Finds what a path names; a flow's name alone is its latest run.
 *
 * Throws `FLOW_PATH_INVALID` for a text that is no path, and `FLOW_PATH_NOT_FOUND`, saying what is there instead.
 */
export async function findPath(session: Session, store: Store | undefined, text: string): Promise<Found> {
  const path = parsePath(text)
  if (store === undefined) {
    throw new FlowError('FLOW_PATH_NOT_FOUND', {
      message: `There is no ${text}`,
      why: `Nothing has run in ${await homeOfCwd(session)}.`,
      fix: 'Go to the folder of the flow, or set FLOW_HOME.',
      details: { path: text },
    })
  }
  const { Client } = await import('../client/index.js')
  const client = new Client(store)
  client.get(text)
  if (path.kind === 'flow') {
    const run = `${path.flow}/${store.metadata.runs(path.flow, 1)[0]?.runId ?? ''}`
    return { store, run, path: run, isTask: false, node: undefined }
  }
  const node = path.kind === 'task' ? path.node : undefined
  const bare = node === undefined ? text : text.slice(0, text.lastIndexOf('@'))
  return { store, run: `${path.flow}/${path.runId}`, path: bare, isTask: path.kind === 'task', node }
}

/** The tasks of what was found, as they are known now. */
export function tasksOf(found: Found): readonly TaskRecord[] {
  const { metadata } = found.store
  if (!found.isTask) return metadata.tasks(found.path)
  const task = metadata.task(found.path)
  return task === undefined ? [] : [task]
}
