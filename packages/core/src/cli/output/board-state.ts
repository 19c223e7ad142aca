import type { Outcome, RunEvent } from '../../run/events.js'

/** A task that runs now. */
export interface BoardTask {
  readonly path: string
  readonly startedAt: number
  /** Counted from 0. */
  readonly attempt: number
  /** Number of nodes; undefined for a single task. */
  readonly nodes: number | undefined
  joined: number
  ready: boolean
  /** Running ranks by node. */
  readonly ranks: Map<number, Set<number>>
  /** What each node printed last; a single task is node 0. */
  readonly lastLines: Map<number, string>
}

/** A step, with its tasks of this run counted. */
export interface BoardStep {
  readonly name: string
  readonly startedAt: number
  endedAt: number
  readonly running: Map<string, BoardTask>
  done: number
  failed: number
  /** Failed, and the flow goes on. */
  caught: number
  outcome: Outcome | undefined
}

/** What the live board shows, gathered from the events of a run. */
export class BoardState {
  title = ''
  startedAt: number | undefined
  readonly steps = new Map<string, BoardStep>()
  /** Preparation that goes on, by what is prepared. */
  readonly progress = new Map<string, string>()
  readonly #tasks = new Map<string, BoardTask>()

  apply(event: RunEvent): void {
    this.startedAt ??= event.at
    switch (event.type) {
      case 'run.started':
        this.title = `${event.flow}/${event.run.slice(event.run.lastIndexOf('/') + 1)}`
        // A run starts from it.
        this.progress.delete('package')
        break
      case 'progress':
        if (event.done) this.progress.delete(event.what)
        else this.progress.set(event.what, event.text)
        break
      case 'task.started':
        this.#taskStarted(event)
        break
      case 'node.joined':
        this.#with(event.task, task => task.joined++)
        break
      case 'gang.ready':
        this.#with(event.task, task => (task.ready = true))
        break
      case 'rank.started':
        this.#with(event.task, task => {
          const ranks = task.ranks.get(event.node)
          if (ranks === undefined) task.ranks.set(event.node, new Set([event.rank]))
          else ranks.add(event.rank)
        })
        break
      case 'rank.ended':
        this.#with(event.task, task => task.ranks.get(event.node)?.delete(event.rank))
        break
      case 'log':
        this.#with(event.task, task => task.lastLines.set(event.node ?? 0, event.text))
        break
      case 'task.ended':
        this.#taskEnded(event)
        break
      case 'task.retrying':
        this.#taskRetried(event.step)
        break
      // These scroll by above the board.
      case 'warning':
      case 'run.ended':
        break
    }
  }

  #taskStarted(event: Extract<RunEvent, { type: 'task.started' }>): void {
    const task: BoardTask = {
      path: event.task,
      startedAt: event.at,
      attempt: event.attempt,
      nodes: event.nodes,
      joined: 0,
      ready: false,
      ranks: new Map(),
      lastLines: new Map(),
    }
    let step = this.steps.get(event.step)
    if (step === undefined) {
      step = {
        name: event.step,
        startedAt: event.at,
        endedAt: event.at,
        running: new Map(),
        done: 0,
        failed: 0,
        caught: 0,
        outcome: undefined,
      }
      this.steps.set(event.step, step)
    }
    step.running.set(event.task, task)
    this.#tasks.set(event.task, task)
  }

  #taskEnded(event: Extract<RunEvent, { type: 'task.ended' }>): void {
    this.#tasks.delete(event.task)
    const step = this.steps.get(event.step)
    if (step === undefined) return
    step.running.delete(event.task)
    step.endedAt = event.at
    step.outcome = event.outcome
    if (event.outcome === 'ok') step.done++
    else if (event.verdict?.caught !== undefined) step.caught++
    else step.failed++
  }

  /** What counted as failed has another attempt. */
  #taskRetried(name: string): void {
    const step = this.steps.get(name)
    if (step !== undefined) step.failed--
  }

  #with(path: string, change: (task: BoardTask) => void): void {
    const task = this.#tasks.get(path)
    if (task !== undefined) change(task)
  }
}
