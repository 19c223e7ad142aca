/** One of a process's two output streams. */
export type LogStream = 'stdout' | 'stderr'

/** One line of a log, or a piece of one. */
export interface LogLine {
  /** When its first byte came, in milliseconds since the epoch. */
  readonly at: number
  readonly stream: LogStream
  /** Which node of the task; 0 for a single task. */
  readonly node: number
  /** Absent for what no rank wrote: the body, a launcher, the agent. */
  readonly rank?: number | undefined
  /** Without the newline. */
  readonly bytes: Buffer
  /** `bytes` read as UTF-8. */
  readonly text: string
  /**
   * True when a newline followed. False for the last line of a stream without one, and for every piece but the last of
   * a line longer than 64 KiB: the stream's bytes are those of its lines in order, with a newline after complete ones.
   */
  readonly complete: boolean
}

/*
 * The file: for each line a header, the bytes as they came, a newline. The header is
 * `<milliseconds since the epoch, base 36> <o|e> <rank or -> <. or +> `; '+' says that no newline followed the bytes.
 */

/** The header of a line in the file. */
export function logHeader(at: number, stream: LogStream, rank: number | undefined, complete: boolean): string {
  return `${at.toString(36)} ${stream === 'stdout' ? 'o' : 'e'} ${rank ?? '-'} ${complete ? '.' : '+'} `
}

const SPACE = 32
const HEADER = /^([0-9a-z]{1,11}) ([oe]) (-|[0-9]{1,9}) ([.+])$/
/** The longest header there can be, in bytes. */
const HEADER_MAX = 32

/**
 * Reads one line of the file, without its newline. A line that has no header (its writer was killed while it wrote, on a
 * full disk) comes back whole, as output of no rank at time `before`.
 */
export function parseLogLine(line: Buffer, node = 0, before = 0): LogLine {
  let end = -1
  for (let spaces = 0; spaces < 4; spaces++) {
    end = line.indexOf(SPACE, end + 1)
    if (end === -1 || end > HEADER_MAX) return new ParsedLine(before, 'stdout', node, undefined, line, true)
  }
  const header = HEADER.exec(line.toString('latin1', 0, end))
  if (header === null) return new ParsedLine(before, 'stdout', node, undefined, line, true)
  const rank = header[3] === '-' ? undefined : Number(header[3])
  const stream = header[2] === 'o' ? 'stdout' : 'stderr'
  return new ParsedLine(
    Number.parseInt(header[1] ?? '', 36),
    stream,
    node,
    rank,
    line.subarray(end + 1),
    header[4] === '.',
  )
}

class ParsedLine implements LogLine {
  readonly at: number
  readonly stream: LogStream
  readonly node: number
  readonly rank: number | undefined
  readonly bytes: Buffer
  readonly complete: boolean

  constructor(at: number, stream: LogStream, node: number, rank: number | undefined, bytes: Buffer, complete: boolean) {
    this.at = at
    this.stream = stream
    this.node = node
    this.rank = rank
    this.bytes = bytes
    this.complete = complete
  }

  // Most readers drop most lines: the text is made when it is asked for.
  get text(): string {
    return this.bytes.toString('utf8')
  }
}
