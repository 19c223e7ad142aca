import type { RunEvent } from '../../run/events.js'
import type { Screen } from '../io.js'
import { boardLines } from './board-lines.js'
import { BoardState } from './board-state.js'
import type { Colors } from './colors.js'
import { PlainRenderer } from './plain.js'
import type { Renderer } from './renderer.js'
import { MAX_QUEUED, type Output, type Sink } from './sink.js'

/** A run shorter than this never loads what draws the board. */
const BOARD_AFTER_MS = 300
const FRAME_MS = 100
const MAX_ROWS = 24
/** Lines held for the next frame, in characters, from which on they do not wait for it. */
const MAX_HELD = 128 * 1024

type LogUpdate = ReturnType<typeof import('log-update').createLogUpdate>

/** For terminals: the board at the bottom, redrawn ten times a second; log lines scroll above it. */
export class BoardRenderer implements Renderer {
  readonly #screen: Screen
  readonly #sink: Sink
  readonly #colors: Colors
  readonly #state = new BoardState()
  readonly #above: Above
  readonly #lines: PlainRenderer
  readonly #start: NodeJS.Timeout
  #frames: NodeJS.Timeout | undefined
  #update: LogUpdate | undefined
  #closed = false

  constructor(screen: Screen, sink: Sink, colors: Colors) {
    this.#screen = screen
    this.#sink = sink
    this.#colors = colors
    this.#above = new Above(sink, () => this.#draw())
    this.#lines = new PlainRenderer(this.#above, colors)
    this.#start = setTimeout(() => void this.#showBoard(), BOARD_AFTER_MS).unref()
  }

  event(event: RunEvent): void {
    this.#state.apply(event)
    if (event.type === 'log') this.#lines.event({ ...event, text: afterReturn(event.text) })
    else if (!onBoardOnly.has(event.type)) this.#lines.event(event)
  }

  note(text: string): void {
    this.#lines.note(text)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#start)
    clearInterval(this.#frames)
    this.#update?.clear()
    this.#update?.done()
    this.#above.release()
    await this.#lines.close()
  }

  async #showBoard(): Promise<void> {
    const { createLogUpdate } = await import('log-update')
    if (this.#closed) return
    this.#update = createLogUpdate(this.#screen)
    this.#above.hold()
    this.#draw()
    this.#frames = setInterval(this.#draw, FRAME_MS).unref()
  }

  readonly #draw = (): void => {
    // A terminal that has stopped reading gets no frames: they would be all that it shows when it goes on.
    if (this.#update === undefined || this.#sink.saturated) return
    const text = this.#above.take()
    if (text !== '') {
      this.#update.clear()
      this.#sink.write(text)
      this.#sink.flush()
    }
    const size = { columns: this.#screen.columns ?? 80, rows: Math.min(MAX_ROWS, (this.#screen.rows ?? 24) - 2) }
    this.#update(boardLines(this.#state, Date.now(), size, this.#colors).join('\n'))
  }
}

const onBoardOnly: ReadonlySet<RunEvent['type']> = new Set([
  'task.started',
  'node.joined',
  'gang.ready',
  'rank.started',
])

/** Lines that scroll above the board: held back until the next frame once there is a board. */
class Above implements Output {
  readonly #sink: Sink
  readonly #onFull: () => void
  #held: string | undefined

  constructor(sink: Sink, onFull: () => void) {
    this.#sink = sink
    this.#onFull = onFull
  }

  get saturated(): boolean {
    return this.#sink.queued + (this.#held?.length ?? 0) > MAX_QUEUED.terminal
  }

  get relaxed(): boolean {
    return this.#sink.queued + (this.#held?.length ?? 0) < MAX_QUEUED.terminal / 4
  }

  write(text: string): void {
    if (this.#held === undefined) return this.#sink.write(text)
    this.#held += text
    if (this.#held.length > MAX_HELD) this.#onFull()
  }

  hold(): void {
    this.#sink.flush()
    this.#held = ''
  }

  take(): string {
    const text = this.#held ?? ''
    this.#held = ''
    return text
  }

  release(): void {
    const text = this.#held ?? ''
    this.#held = undefined
    this.#sink.write(text)
  }

  drained(): Promise<void> {
    return this.#sink.drained()
  }
}

// A progress bar rewrites its line by carriage returns: the last state is what a terminal would show.
function afterReturn(text: string): string {
  const trimmed = text.replace(/\r+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1)
}
