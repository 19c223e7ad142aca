import { type FileHandle, open } from 'node:fs/promises'
import { type LogLine, parseLogLine } from './log-line.js'
import { errnoOf, storeError } from './store-error.js'

const CHUNK = 256 * 1024
/** No writer makes longer lines: what is longer is damage, and must not fill the memory. */
const LONGEST = 1024 * 1024

/** Reads one log file from where it last stopped; the file may still grow, or not be there yet. */
export class LogFile {
  readonly #path: string
  readonly #node: number
  #file: FileHandle | undefined
  #position = 0
  #rest: Buffer = Buffer.alloc(0)
  #at = 0

  constructor(path: string, node: number) {
    this.#path = path
    this.#node = node
  }

  /** The next lines; none when there are no more now. */
  async read(): Promise<readonly LogLine[]> {
    const file = (this.#file ??= await openIfThere(this.#path))
    if (file === undefined) return []
    // A chunk of its own each time: lines are views of it.
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(CHUNK)
      const { bytesRead } = await file.read(chunk, 0, CHUNK, this.#position)
      if (bytesRead === 0) return []
      this.#position += bytesRead
      const lines = this.#split(chunk.subarray(0, bytesRead))
      if (lines.length > 0) return lines
    }
  }

  /** What follows the last newline when nothing more will come: a line whose writer was killed while it wrote. */
  rest(): readonly LogLine[] {
    if (this.#rest.length === 0) return []
    const line = parseLogLine(this.#rest, this.#node, this.#at)
    this.#rest = Buffer.alloc(0)
    return [line]
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  #split(chunk: Buffer): readonly LogLine[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const lines: LogLine[] = []
    let start = 0
    for (let newline = bytes.indexOf(10); newline !== -1; newline = bytes.indexOf(10, start)) {
      lines.push(this.#line(bytes.subarray(start, newline)))
      start = newline + 1
    }
    if (bytes.length - start > LONGEST) {
      lines.push(this.#line(bytes.subarray(start)))
      start = bytes.length
    }
    this.#rest = bytes.subarray(start)
    return lines
  }

  #line(bytes: Buffer): LogLine {
    const line = parseLogLine(bytes, this.#node, this.#at)
    this.#at = line.at
    return line
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return undefined
    throw storeError(error, path)
  }
}
