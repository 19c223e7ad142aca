import { locateHome, parsePath, parseTaskPath, Store } from '../store/index.js'
import { notFound } from './not-found.js'
import { PastFlow, PastRun, PastStep } from './past-run.js'
import { PastTask } from './past-task.js'

/**
 * Reads of past and running flows.
 *
 * @param home The state directory; by default the one of the working directory (FLOW_HOME, or `.flow` beside the nearest
 *   package.json).
 *
 * @example
 * using flows = client()
 * const run = flows.flow('Train').latestRun()
 * for (const task of run.step('end').tasks()) console.log(await task.artifact('model'))
 */
export function client(home: string = locateHome(process.cwd())): Client {
  return new Client(Store.open(home, { makeNothing: true }))
}

/**
 * What {@link client} returns. Close it, or declare it with `using`.
 *
 * @example
 * using flows: Client = client('/project/.flow')
 * console.log(flows.flows().map(flow => flow.name), await flows.task('Train/3/fit/7').artifact('loss'))
 */
export class Client {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** All flows that ran, by name. */
  flows(): readonly PastFlow[] {
    return this.#store.metadata.flows().map(name => new PastFlow(this.#store, name))
  }

  /** @throws FLOW_PATH_NOT_FOUND when no flow of this name ran here */
  flow(name: string): PastFlow {
    const { metadata } = this.#store
    if (metadata.runs(name, 1).length === 0) throw notFound(metadata, { kind: 'flow', flow: name })
    return new PastFlow(this.#store, name)
  }

  /** @param path `Flow/run`, or a path below it. @throws FLOW_PATH_NOT_FOUND, FLOW_PATH_INVALID */
  run(path: string): PastRun {
    const found = this.get(path)
    if (found instanceof PastFlow) return found.latestRun()
    if (found instanceof PastRun) return found
    return found instanceof PastStep ? found.run : new PastRun(this.#store, found.run)
  }

  /** @param path `Flow/run/step/task`, `@node` may follow. @throws FLOW_PATH_NOT_FOUND, FLOW_PATH_INVALID */
  task(path: string): PastTask {
    const found = this.get(path)
    if (found instanceof PastTask) return found
    throw notFound(this.#store.metadata, parseTaskPath(path))
  }

  /**
   * Whatever a path names.
   *
   * @throws FLOW_PATH_INVALID when it is no path, FLOW_PATH_NOT_FOUND with what is there instead
   */
  get(path: string): PastFlow | PastRun | PastStep | PastTask {
    const parsed = parsePath(path)
    const { metadata } = this.#store
    if (parsed.kind === 'flow') return this.flow(parsed.flow)
    const run = metadata.run(path)
    if (run === undefined) throw notFound(metadata, parsed)
    if (parsed.kind === 'run') return new PastRun(this.#store, run)
    if (parsed.kind === 'step') return new PastRun(this.#store, run).step(parsed.step)
    const task = metadata.task(path)
    if (task === undefined) throw notFound(metadata, parsed)
    const found = new PastTask(this.#store, run, task, parsed.node)
    if (parsed.node !== undefined && parsed.node >= found.nodes) throw notFound(metadata, parsed)
    return found
  }

  close(): void {
    this.#store.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
