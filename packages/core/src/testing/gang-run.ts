import { setTimeout as delay } from 'node:timers/promises'
import type { ExtensionUnderTest, ProgramUnderTest } from './extension.js'
import type { Finished, FlowProcess } from './flow-process.js'
import { type GangProcess, gangProcesses } from './gang-processes.js'
import { makeProject, type Waits, WAITS } from './generate.js'
import { Holdings } from './leftovers.js'
import type { FlowProject } from './project.js'
import { RankFiles } from './rank-files.js'

/** When `flow run` is gone, its nodes give programs a second; they need a moment themselves. */
const ORPHANS_END_MS = 7_000

/** What a node consists of; warm bodies of single tasks and the guard are `other`. */
const PARTS: ReadonlySet<GangProcess['kind']> = new Set(['supervisor', 'agent', 'body', 'rank'])

/** What became of a run. */
export interface GangEnd {
  readonly end: Finished
  readonly leftovers: readonly string[]
  /** When nothing was left; milliseconds since the epoch, as all times here. */
  readonly endedAt: number
  /** When ranks heard SIGTERM, by rank. */
  readonly sigterms: ReadonlyMap<number, number>
  /** When ranks failed, by rank. */
  readonly failed: ReadonlyMap<number, number>
  /** What `flow list` says afterwards. */
  readonly list: string
}

export interface GangRunOptions {
  /** Statements of the gang's step. */
  readonly body: string
  /** What its ranks do. */
  readonly how: string
  readonly waits?: Waits | undefined
}

/** A run of the kit's flow, in a project of its own. */
export class GangRun implements Disposable {
  readonly process: FlowProcess
  /** Aborted when the run has ended. */
  readonly over: AbortSignal
  readonly #project: FlowProject
  readonly #files: RankFiles
  readonly #holdings: Holdings

  constructor(extension: ExtensionUnderTest, program: ProgramUnderTest, { body, how, waits = WAITS }: GangRunOptions) {
    this.#project = makeProject(extension, program, body, waits)
    this.#files = new RankFiles(`${this.#project.dir}/.ranks`)
    this.#holdings = new Holdings(this.#project)
    this.process = this.#project.start(['run', 'flow.ts', '--json', '--how', how, '--dir', this.#files.dir])
    const over = new AbortController()
    void this.process.ended.then(() => over.abort())
    this.over = over.signal
  }

  /** Settles when all ranks run; false when the run ended before. */
  allRun(ranks: number): Promise<boolean> {
    return this.#files.allRun(ranks, this.over)
  }

  /** Settles when the nodes are asked for, or the run ended before. */
  async gangStarted(): Promise<void> {
    await this.process
      .event(({ type, ...event }) => type === 'task.started' && event['step'] === 'work')
      .catch(() => undefined)
  }

  /** Its processes now, and notes what they hold. */
  look(): GangProcess[] {
    this.#holdings.note(this.process.pid)
    return gangProcesses(this.#project, this.process.pid, this.#files.pids())
  }

  /** Sends a signal; returns when. */
  strike(pid: number, signal: NodeJS.Signals): number {
    const at = now()
    process.kill(pid, signal)
    return at
  }

  /** The same for a process that may be gone: undefined then. */
  tryToStrike(pid: number, signal: NodeJS.Signals): number | undefined {
    try {
      return this.strike(pid, signal)
    } catch {
      return undefined
    }
  }

  /** Whether it ends by itself in that time. */
  async endsWithin(ms: number): Promise<boolean> {
    await delay(ms, undefined, { signal: this.over }).catch(() => undefined)
    return this.over.aborted
  }

  /** Whether all nodes have ended in that time. No event tells the end of another's child. */
  async nodesEndWithin(ms: number): Promise<boolean> {
    const end = performance.now() + ms
    while (gangProcesses(this.#project, this.process.pid).some(({ kind }) => PARTS.has(kind))) {
      if (performance.now() >= end) return false
      await delay(100)
    }
    return true
  }

  async end(): Promise<GangEnd> {
    const end = await this.process.ended
    // A killed `flow run` leaves its nodes to end by themselves.
    const leftovers = await this.#holdings.leftAfter(end.signal === null ? 0 : ORPHANS_END_MS)
    const endedAt = now()
    const { stdout: list } = await this.#project.start(['list']).ended
    return {
      end,
      leftovers,
      endedAt,
      list,
      sigterms: this.#files.times('sigterm'),
      failed: this.#files.times('failed'),
    }
  }

  [Symbol.dispose](): void {
    this.#project[Symbol.dispose]()
  }
}

/** With fractions, as the times of files have. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
