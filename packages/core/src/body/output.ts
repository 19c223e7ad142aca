import type { Readable } from 'node:stream'
import { Tail } from '../process/index.js'
import type { BodyProcess } from './process.js'
import type { TaskLog } from './task-log.js'

/** A descendant that left the fence may hold the output open: after so long without a byte it is not waited for. */
const DRAIN_MS = 250
/** Nor after so many bytes: more than this cannot have been in the pipe when the body ended. */
const DRAIN_BYTES = 16 * 1024 * 1024

/** The output of a body on its way into the log. */
export class BodyOutput {
  /** The end of what it wrote to stderr. */
  readonly stderr = new Tail()
  readonly #streams: readonly Readable[]
  readonly #ended: Promise<unknown>

  constructor(body: BodyProcess, log: TaskLog) {
    this.#streams = [body.stdout, body.stderr]
    this.#ended = Promise.all([this.#pump(body.stdout, log, 'stdout'), this.#pump(body.stderr, log, 'stderr')])
  }

  /** True when both streams ended by themselves within `ms`. A body closes them before it says that it is done. */
  async endsWithin(ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = setTimeout(resolve, ms, false)
    void this.#ended.then(() => resolve(true))
    const isEnded = await promise
    clearTimeout(timer)
    return isEnded
  }

  /** Reads what is left, once everything that could write more has been ended. */
  async drain(): Promise<void> {
    const giveUp = (): void => {
      for (const stream of this.#streams) stream.destroy()
    }
    const timer = setTimeout(() => {
      // The log's disk is behind, not the pipe.
      if (this.#streams.some(stream => stream.isPaused())) timer.refresh()
      else giveUp()
    }, DRAIN_MS)
    let bytes = 0
    for (const stream of this.#streams) {
      stream.on('data', (chunk: Buffer) => {
        timer.refresh()
        bytes += chunk.length
        if (bytes > DRAIN_BYTES) giveUp()
      })
    }
    await this.#ended
    clearTimeout(timer)
  }

  #pump(stream: Readable, log: TaskLog, name: 'stdout' | 'stderr'): Promise<void> {
    const sink = log.sink(name)
    stream.on('data', (chunk: Buffer) => {
      if (name === 'stderr') this.stderr.push(chunk)
      const wait = sink.write(chunk)
      if (wait === undefined) return
      stream.pause()
      // A log that cannot be written says so when it is closed; until then the step must not wait for it.
      void wait.catch(() => undefined).then(() => stream.resume())
    })
    return new Promise(resolve => {
      const end = (): void => {
        sink.end()
        resolve()
      }
      // A body that was killed before it had a task has closed it already.
      if (stream.closed) end()
      else stream.once('close', end)
    })
  }
}
