/** Keeps the last part of a stream of bytes, bounded; cuts at a line, and never inside a UTF-8 character. */
export class Tail {
  #chunks: Buffer[] = []
  #size = 0
  #cut = false
  readonly #limit: number

  constructor(limit = 64 * 1024) {
    this.#limit = limit
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    // Trim in strides, so that a flood of small chunks costs no copy each.
    if (this.#size > this.#limit * 2) this.#trim()
  }

  toString(): string {
    this.#trim()
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  #trim(): void {
    if (this.#size <= this.#limit) return
    const all = Buffer.concat(this.#chunks)
    let start = all.length - this.#limit
    const lineStart = all.indexOf(10, start) + 1
    if (lineStart > 0 && lineStart < all.length) start = lineStart
    while (start < all.length && ((all[start] ?? 0) & 0xc0) === 0x80) start++
    this.#chunks = [all.subarray(start)]
    this.#size = all.length - start
    this.#cut = true
  }

  /** True when something was left out before what is kept. */
  get isCut(): boolean {
    return this.#cut
  }
}

/** The last `lines` lines of a text, for an error message. */
export function lastLines(text: string, lines = 20): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n')
}
