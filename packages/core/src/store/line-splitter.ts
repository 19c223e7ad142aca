const NEWLINE = 10

/** A longer line comes in pieces, so that output without newlines needs no more memory than this. */
export const MAX_LINE = 64 * 1024

/**
 * Called for each line, without its newline. `complete` is false for a piece that no newline followed. `bytes` are a
 * view of the chunk where that is possible: copy what must outlive the call.
 */
export type OnLine = (bytes: Buffer, complete: boolean) => void

/**
 * Cuts the chunks of one stream into lines. Bytes are never changed; a piece of an overlong line ends between two
 * UTF-8 characters. Use one for each stream of each rank: partial lines of two streams must not meet.
 *
 * @example
 * const lines = new LineSplitter((bytes, complete) => console.log(bytes.toString(), complete))
 * process.stdin.on('data', (chunk: Buffer) => lines.push(chunk)).on('end', () => lines.end())
 */
export class LineSplitter {
  readonly #onLine: OnLine
  #parts: Buffer[] = []
  #held = 0

  constructor(onLine: OnLine) {
    this.#onLine = onLine
  }

  /** Whether bytes of a line are held back until its newline comes. */
  get isInsideLine(): boolean {
    return this.#held > 0
  }

  push(chunk: Buffer): void {
    let start = 0
    for (let newline = chunk.indexOf(NEWLINE); newline !== -1; newline = chunk.indexOf(NEWLINE, start)) {
      this.#line(chunk.subarray(start, newline))
      start = newline + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
  }

  /** The stream has ended: what is held comes as an incomplete line. */
  end(): void {
    if (this.#held > 0) this.#onLine(this.#take(), false)
  }

  #line(rest: Buffer): void {
    const line = this.#held === 0 ? rest : this.#join(rest)
    this.#onLine(line.length > MAX_LINE ? this.#pieces(line) : line, true)
  }

  #hold(rest: Buffer): void {
    if (this.#held + rest.length <= MAX_LINE) {
      // A copy: a view would keep all of the chunk (and its reader's pool) alive.
      this.#parts.push(Buffer.from(rest))
      this.#held += rest.length
      return
    }
    const last = this.#pieces(this.#join(rest))
    this.#parts.push(Buffer.from(last))
    this.#held = last.length
  }

  /** Hands on all but the last piece of an overlong line. */
  #pieces(line: Buffer): Buffer {
    let start = 0
    while (line.length - start > MAX_LINE) {
      const end = characterStart(line, start + MAX_LINE)
      this.#onLine(line.subarray(start, end), false)
      start = end
    }
    return line.subarray(start)
  }

  #join(rest: Buffer): Buffer {
    this.#parts.push(rest)
    return this.#take()
  }

  #take(): Buffer {
    const line = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#held = 0
    return line
  }
}

/** The start of the UTF-8 character that byte `at` belongs to; `at` itself where the bytes are no UTF-8. */
function characterStart(bytes: Buffer, at: number): number {
  for (let start = at; start > at - 4; start--) {
    if ((bytes[start]! & 0xc0) !== 0x80) return start
  }
  return at
}
