import type { LineSource } from '../flow/index.js'
import { LineSplitter, type LogTarget, LogWriter, Pace } from '../store/index.js'

/** One line for the screen. */
export interface ScreenLine {
  readonly stream: 'stdout' | 'stderr'
  readonly rank?: number | undefined
  readonly text: string
}

export type LineListener = (text: string, from: LineSource) => void

/** Where one stream of one process goes. */
export interface LogSink {
  /** Takes bytes; a promise when the writer must wait for room. */
  write(chunk: Buffer): Promise<void> | undefined
  /** The stream ended: what is left is a last line without its line end. */
  end(): void
}

/**
 * The output of one node of an attempt: every byte into its log file, every line to those who watch. Lines that come
 * close together go to the screen together.
 */
export class TaskLog {
  readonly #writer: LogWriter
  readonly #show: (lines: readonly ScreenLine[]) => void
  readonly #node: number | undefined
  readonly #pace = new Pace(() => this.#flush())
  #waiting: ScreenLine[] = []

  /** `show` gets lines for the screen in batches. `to`: a file, or what takes its place. */
  constructor(to: string | LogTarget, show: (lines: readonly ScreenLine[]) => void, node?: number) {
    this.#writer = typeof to === 'string' ? new LogWriter(to) : new LogWriter('the log', { target: to })
    this.#show = show
    this.#node = node
  }

  sink(stream: 'stdout' | 'stderr', rank?: number, onLine?: LineListener): LogSink {
    const from: LineSource = {
      stream,
      ...(this.#node === undefined ? {} : { node: this.#node }),
      ...(rank === undefined ? {} : { rank }),
    }
    const splitter = new LineSplitter(bytes => {
      const text = bytes.toString('utf8')
      onLine?.(text, from)
      this.#enqueue({ stream, ...(rank === undefined ? {} : { rank }), text })
    })
    return {
      write: chunk => {
        splitter.push(chunk)
        return this.#writer.write(stream, chunk, rank) ? undefined : this.#writer.drain()
      },
      end: () => {
        splitter.end()
        this.#writer.end(stream, rank)
      },
    }
  }

  /** A line of our own, on stderr. */
  note(text: string): void {
    this.#writer.write('stderr', Buffer.from(`${text}\n`))
    this.#enqueue({ stream: 'stderr', text })
  }

  /** Waits until the file has all that was written so far. Rejects with `FLOW_STORE_FULL` and the like. */
  async flush(): Promise<void> {
    await this.#writer.flush()
  }

  /** Shows and writes what waits. Rejects as {@link flush} does. */
  async close(): Promise<void> {
    this.#pace.cancel()
    this.#flush()
    await this.#writer.close()
  }

  #enqueue(line: ScreenLine): void {
    this.#waiting.push(line)
    this.#pace.soon()
  }

  #flush(): void {
    const lines = this.#waiting
    if (lines.length === 0) return
    this.#waiting = []
    this.#show(lines)
  }
}
