import type { RunEvent } from '../../run/events.js'
import type { Renderer } from './renderer.js'
import type { Output } from './sink.js'
import { SkippedLines, skippedNote } from './skipped.js'

/**
 * `--json`: each event as one line. What a slow reader had no room for is left out and counted in a `warning` of its
 * task as soon as there is room again.
 */
export class JsonRenderer implements Renderer {
  readonly #output: Output
  readonly #skipped = new SkippedLines()

  constructor(output: Output) {
    this.#output = output
  }

  event(event: RunEvent): void {
    if (event.type === 'log') {
      if (this.#output.saturated) return this.#skipped.add(event.task, 1 + (event.skipped ?? 0))
      if (this.#skipped.any && this.#output.relaxed) this.#reportSkipped()
    }
    this.#output.write(`${JSON.stringify(event)}\n`)
  }

  note(): void {}

  async close(): Promise<void> {
    this.#reportSkipped()
    await this.#output.drained()
  }

  #reportSkipped(): void {
    for (const [task, lines] of this.#skipped.take()) {
      const event: RunEvent = { at: Date.now(), type: 'warning', task, message: skippedNote(task, lines) }
      this.#output.write(`${JSON.stringify(event)}\n`)
    }
  }
}
