import type { Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fromShellStatus, processStat, Tail } from '../../process/index.js'
import { openFifo } from './events-fifo.js'
import type { LineListener, TaskLog } from '../../body/index.js'

/** How a rank ended, as its own node saw it. */
export interface RankEnd {
  readonly rank: number
  readonly exitCode: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
  /** It had been told to end (SIGTERM) before: its end explains nothing. */
  readonly isTold: boolean
  /** When its end was seen, by this node's monotonic clock. */
  readonly seenAt: number
}

interface Rank {
  readonly pid: number
  readonly wrapper: number | undefined
  readonly tails: { readonly stdout: Tail; readonly stderr: Tail }
  readonly sockets: readonly Socket[]
  /** Both outputs ended. */
  readonly drained: Promise<void>
  isTold: boolean
}

/** A descendant of a rank may hold its output open; what comes later than this is not waited for. */
const DRAIN_MS = 250
const TAIL_BYTES = 16 * 1024
/** No event tells that a wrapper was killed, which is nobody's child here: it is looked at while its report may come. */
const LOOK_MS = 50

/** The ranks of one launch on this node: their output, and their ends. */
export class RankWatch {
  readonly #dir: string
  readonly #log: TaskLog
  readonly #onLine: LineListener | undefined
  readonly #nameCause: (end: RankEnd) => Promise<string | undefined>
  readonly #allRead: () => Promise<void>
  readonly #onUnreported: (rank: number) => void
  readonly #ranks = new Map<number, Rank>()
  /** Ends whose output is still being read. */
  readonly #endings = new Set<Promise<RankEnd>>()

  constructor(options: {
    readonly dir: string
    readonly log: TaskLog
    readonly nameCause: (end: RankEnd) => Promise<string | undefined>
    readonly onLine?: LineListener | undefined
    /** Settles when all that wrappers have told until then was read. */
    readonly allRead: () => Promise<void>
    /** A rank ended with its wrapper, which told nothing: only SIGKILL does that. */
    readonly onUnreported: (rank: number) => void
  }) {
    this.#dir = options.dir
    this.#log = options.log
    this.#nameCause = options.nameCause
    this.#onLine = options.onLine
    this.#allRead = options.allRead
    this.#onUnreported = options.onUnreported
  }

  /** Process ids of the ranks that have not ended. */
  get pids(): number[] {
    return [...this.#ranks.values()].map(rank => rank.pid)
  }

  started(rank: number, pid: number): void {
    const tails = { stdout: new Tail(TAIL_BYTES), stderr: new Tail(TAIL_BYTES) }
    const sockets: Socket[] = []
    const ends = (['stdout', 'stderr'] as const).map(name => {
      // The names stay until the launch's directory goes: the rank opens them after it has told us of itself.
      const socket = openFifo(join(this.#dir, `${rank}.${name === 'stdout' ? 'out' : 'err'}`))
      sockets.push(socket)
      const sink = this.#log.sink(name, rank, this.#onLine)
      socket.on('data', (chunk: Buffer) => {
        tails[name].push(chunk)
        const wait = sink.write(chunk)
        if (wait === undefined) return
        socket.pause()
        void wait.catch(() => undefined).then(() => socket.resume())
      })
      return new Promise<void>(resolve =>
        socket.once('close', () => {
          sink.end()
          resolve()
        }),
      )
    })
    const drained = Promise.all(ends).then(() => undefined)
    const known: Rank = { pid, wrapper: processStat(pid)?.parent, tails, sockets, drained, isTold: false }
    this.#ranks.set(rank, known)
    void drained.then(() => this.#expectReport(rank, known))
  }

  /** They hear SIGTERM now; gives those that have heard it before. */
  tell(): ReadonlySet<number> {
    const ranks = [...this.#ranks.values()]
    const told = new Set(ranks.filter(rank => rank.isTold).map(rank => rank.pid))
    for (const rank of ranks) rank.isTold = true
    return told
  }

  /** Its output has ended: its wrapper is about to tell how, unless it was killed too. */
  async #expectReport(rank: number, known: Rank): Promise<void> {
    const isOpen = (): boolean => this.#ranks.get(rank) === known
    for (let waited = 0; waited < DRAIN_MS; waited += LOOK_MS) {
      await delay(LOOK_MS)
      if (!isOpen()) return
      if ([known.pid, known.wrapper].some(pid => pid !== undefined && processStat(pid) !== undefined)) continue
      await this.#allRead()
      if (isOpen()) this.#onUnreported(rank)
      return
    }
  }

  /** The rank's end, once its output is read. */
  ended(rank: number, status: number): Promise<RankEnd> {
    const ending = this.#end(rank, status).finally(() => this.#endings.delete(ending))
    this.#endings.add(ending)
    return ending
  }

  async #end(rank: number, status: number): Promise<RankEnd> {
    const seenAt = performance.now()
    const known = this.#ranks.get(rank)
    this.#ranks.delete(rank)
    if (known !== undefined) await this.#drain(known)
    return this.#withCause({
      rank,
      ...fromShellStatus(status),
      stdout: known?.tails.stdout.toString() ?? '',
      stderr: known?.tails.stderr.toString() ?? '',
      isTold: known?.isTold ?? false,
      seenAt,
    })
  }

  /** No further end will be told: whatever the ranks that are left wrote is all there is. */
  async close(): Promise<RankEnd[]> {
    await Promise.all(this.#endings)
    const left = [...this.#ranks]
    this.#ranks.clear()
    return Promise.all(
      left.map(async ([rank, known]) => {
        await this.#drain(known)
        // Its wrapper was killed before it could tell; only SIGKILL does that.
        const end: RankEnd = {
          rank,
          exitCode: null,
          signal: 'SIGKILL',
          stdout: known.tails.stdout.toString(),
          stderr: known.tails.stderr.toString(),
          isTold: known.isTold,
          seenAt: performance.now(),
        }
        return this.#withCause(end)
      }),
    )
  }

  /** What an extension knows of a bad end stands below what the rank itself said last, there and in the log. */
  async #withCause(end: RankEnd): Promise<RankEnd> {
    const cause = end.exitCode === 0 ? undefined : await this.#nameCause(end)
    if (cause === undefined) return end
    this.#log.note(`rank ${end.rank}: ${cause}`)
    return { ...end, stderr: `${end.stderr.trimEnd()}\n${cause}\n` }
  }

  async #drain(rank: Rank): Promise<void> {
    const timer = setTimeout(() => {
      for (const socket of rank.sockets) socket.destroy()
    }, DRAIN_MS)
    await rank.drained
    clearTimeout(timer)
  }
}
