import { type FSWatcher, mkdirSync, watch } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { LogFile } from './log-file.js'
import type { LogLine, LogStream } from './log-line.js'
import { errnoOf, storeError } from './store-error.js'

export interface ReadLogOptions {
  /** Only this node's lines. */
  readonly node?: number | undefined
  /** Only this rank's lines. */
  readonly rank?: number | undefined
  readonly stream?: LogStream | undefined
  /** Wait for more at the end, until `ended` settles. */
  readonly follow?: boolean | undefined
  /** Settles when nothing more will be written; what is there by then is still read. Only with `follow`. */
  readonly ended?: Promise<unknown> | undefined
  /** Ends the reading at once, without an error. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads the log of one attempt. Lines of several nodes are merged by time; while it follows, only within what came
 * since the last look. Each stream keeps its order.
 *
 * @param dir The attempt's log directory, from `store.logDir(path, attempt)`. One that is not there has no lines.
 * @throws FLOW_STORE_READONLY when the files cannot be opened
 *
 * @example
 * declare const store: Store
 * for await (const line of readLog(store.logDir('Train/3/fit/7', 0), { stream: 'stderr' })) console.log(line.text)
 */
export async function* readLog(dir: string, options: ReadLogOptions = {}): AsyncGenerator<LogLine, void, undefined> {
  const { rank, stream, signal } = options
  for await (const line of options.follow ? followed(dir, options) : merged(dir, options)) {
    if (signal?.aborted) return
    if (rank !== undefined && line.rank !== rank) continue
    if (stream !== undefined && line.stream !== stream) continue
    yield line
  }
}

async function* merged(dir: string, options: ReadLogOptions): AsyncGenerator<LogLine, void, undefined> {
  const files = new Files(dir, options.node)
  try {
    const heads = (await files.scan()).map(file => ({
      file,
      lines: [] as readonly LogLine[],
      next: 0,
      at: 0,
      done: false,
    }))
    let open = heads
    for (;;) {
      for (const head of open) {
        if (head.next < head.lines.length) continue
        head.lines = await head.file.read()
        if (head.lines.length === 0) head.lines = head.file.rest()
        head.next = 0
        head.done = head.lines.length === 0
      }
      open = open.filter(head => !head.done)
      const [first, ...others] = open
      if (first === undefined) return
      const [earliest, before] = pick(first, others)
      // All that comes before the next file's turn, without looking at the others again.
      do yield earliest.lines[earliest.next++]!
      while (earliest.next < earliest.lines.length && earliest.lines[earliest.next]!.at <= before)
    }
  } finally {
    await files.close()
  }
}

interface Head {
  readonly lines: readonly LogLine[]
  readonly next: number
}

/** The head with the earliest line, and the time of the earliest line of all others. */
function pick<H extends Head>(first: H, others: readonly H[]): readonly [H, number] {
  let earliest = first
  let before = Infinity
  for (const head of others) {
    const at = head.lines[head.next]!.at
    const best = earliest.lines[earliest.next]!.at
    if (at < best) {
      before = best
      earliest = head
    } else if (at < before) before = at
  }
  return [earliest, before]
}

async function* followed(dir: string, options: ReadLogOptions): AsyncGenerator<LogLine, void, undefined> {
  const files = new Files(dir, options.node)
  const bell = new Bell()
  let ended = false
  const ring = (): void => bell.ring()
  const end = (): void => {
    ended = true
    bell.ring()
  }
  options.ended?.then(end, end)
  options.signal?.addEventListener('abort', ring)
  let watcher: FSWatcher | undefined
  try {
    watcher = watchDir(dir, ring)
    while (!options.signal?.aborted) {
      const isLast = ended // looked at before the files: what was written before the end is read after it
      const round: (readonly LogLine[])[] = []
      for (const file of await files.scan()) {
        const lines = await file.read()
        round.push(lines.length === 0 && isLast ? file.rest() : lines)
      }
      yield* inOrder(round)
      if (round.some(lines => lines.length > 0)) continue
      if (isLast) return
      await bell.wait()
    }
  } finally {
    watcher?.close()
    options.signal?.removeEventListener('abort', ring)
    await files.close()
  }
}

/** By time, but never changing the order within one file: a clock may have been set back. */
function inOrder(round: readonly (readonly LogLine[])[]): readonly LogLine[] {
  const keyed = round.flatMap(lines => {
    let latest = 0
    return lines.map(line => ({ line, key: (latest = Math.max(latest, line.at)) }))
  })
  return keyed.toSorted((a, b) => a.key - b.key).map(({ line }) => line)
}

/** The log files of an attempt, by node. */
class Files {
  readonly #dir: string
  readonly #node: number | undefined
  readonly #files = new Map<number, LogFile>()

  constructor(dir: string, node: number | undefined) {
    this.#dir = dir
    this.#node = node
  }

  async scan(): Promise<readonly LogFile[]> {
    const nodes = this.#node === undefined ? await nodesIn(this.#dir) : [this.#node]
    for (const node of nodes) {
      if (!this.#files.has(node)) this.#files.set(node, new LogFile(join(this.#dir, `node${node}.log`), node))
    }
    return [...this.#files.values()]
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await file.close()
  }
}

async function nodesIn(dir: string): Promise<readonly number[]> {
  try {
    const nodes = (await readdir(dir)).map(name => /^node([0-9]{1,9})\.log$/.exec(name)?.[1])
    return nodes
      .filter(node => node !== undefined)
      .map(Number)
      .toSorted((a, b) => a - b)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw storeError(error, dir)
  }
}

// The directory and not the files: a node's file comes with its first byte.
function watchDir(dir: string, ring: () => void): FSWatcher {
  try {
    mkdirSync(dir, { recursive: true })
    return watch(dir, ring)
  } catch (error) {
    throw storeError(error, dir)
  }
}

/** Remembers one ring until someone waits for it. */
class Bell {
  #rang = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rang = true
    this.#wake?.()
  }

  async wait(): Promise<void> {
    if (!this.#rang) await new Promise<void>(resolve => (this.#wake = resolve))
    this.#rang = false
    this.#wake = undefined
  }
}
