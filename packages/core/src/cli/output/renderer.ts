import type { RunEvent } from '../../run/events.js'

/** Shows a run as it goes. `event` never waits and never throws. */
export interface Renderer {
  event(event: RunEvent): void
  /** A line of the CLI's own, e.g. that Ctrl-C was seen. */
  note(text: string): void
  /** Resolves when all was handed to the reader, or the reader has gone. */
  close(): Promise<void>
}
