import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Cgroup, cgroupParents } from './cgroup.js'
import { signalProcess } from './signal.js'

/** The variable that marks every process of an attempt; its value is random and no secret. */
export const FENCE_VARIABLE = 'FLOW_FENCE'

/** How often a fence that is being emptied is looked at. No event tells the end of a process that is not our child. */
const LOOK_MS = 15

const NONE: ReadonlySet<number> = new Set()

/** A process as the fence knows it; the start time tells it from a later one with the same id. */
interface Member {
  readonly pid: number
  readonly start: string
}

export interface FenceOptions {
  /** All fences whose values begin with the value: those of all nodes of an attempt on this machine. */
  readonly prefix?: boolean
  /** Another marker than FLOW_FENCE, for a part of a fence. */
  readonly variable?: string
  /** Directories in which its cgroup may be; where this process may make some, unless told. */
  readonly cgroupParents?: readonly string[]
}

/** Processes that {@link Fence.sweep} treats apart. */
export interface SweepOptions {
  readonly held?: ReadonlySet<number>
  readonly told?: ReadonlySet<number>
}

/**
 * Everything an attempt started on this machine, found by its cgroup and by a marker in the environment: process groups
 * and sessions do not hold MPI's daemons. Where no cgroup can be made, a process that has emptied its environment is
 * missed; and only by its marker is one found that moved itself to another cgroup.
 */
export class Fence {
  readonly #marker: Buffer
  readonly #isPrefix: boolean
  /** Empty for a part of a fence: its cgroup holds more. */
  readonly #cgroupParents: readonly string[]

  constructor(
    readonly value: string,
    { prefix = false, variable = FENCE_VARIABLE, cgroupParents: parents }: FenceOptions = {},
  ) {
    this.#marker = Buffer.from(`\0${variable}=${value}${prefix ? '' : '\0'}`)
    this.#isPrefix = prefix
    this.#cgroupParents = variable === FENCE_VARIABLE ? (parents ?? cgroupParents()) : []
  }

  /** Makes its cgroup, where we may, and moves a process there that has started nothing yet. */
  async enclose(pid: number | undefined): Promise<void> {
    if (pid !== undefined) await Cgroup.make(this.value)?.add(pid)
  }

  /** Whether a process has the marker; without a look at any other. */
  has(pid: number): boolean {
    const environment = read(`/proc/${pid}/environ`)
    if (environment === undefined) return false
    // The first variable has no zero before it.
    const first = this.#marker.subarray(1)
    return environment.includes(this.#marker) || environment.subarray(0, first.length).equals(first)
  }

  /** Process ids of all members that are alive; zombies count as gone. */
  members(): number[] {
    return this.#scan().map(member => member.pid)
  }

  /** Sends a signal to all members but some; returns how many it were. */
  signal(signal: NodeJS.Signals, spared: ReadonlySet<number> = NONE): number {
    const members = this.#scan().filter(({ pid }) => !spared.has(pid))
    for (const member of members) {
      if (startTime(member.pid) === member.start) signalProcess(member.pid, signal)
    }
    return members.length
  }

  /** Waits until the fence is empty but for some, at most `ms`; true when it is. */
  async emptyWithin(ms: number, spared: ReadonlySet<number> = NONE): Promise<boolean> {
    const end = performance.now() + ms
    while (this.#scan().some(({ pid }) => !spared.has(pid))) {
      if (performance.now() >= end) return false
      await delay(LOOK_MS)
    }
    return true
  }

  /**
   * SIGTERM, `graceMs` to end, SIGKILL until nothing is left. The held get SIGKILL alone, when the others have ended; the
   * told have had their SIGTERM.
   */
  async sweep(graceMs: number, { held = NONE, told = NONE }: SweepOptions = {}): Promise<void> {
    const isEmpty = this.signal('SIGTERM', new Set([...held, ...told])) === 0
    if (isEmpty && held.size === 0 && told.size === 0) return
    // A stopped process takes SIGTERM only when it goes on.
    this.signal('SIGCONT', held)
    if ((await this.emptyWithin(graceMs, held)) && held.size === 0) return
    await this.kill()
  }

  /** Nothing, for as long as it takes them to end but at most `ms`, then SIGKILL until nothing is left. */
  async killAfter(ms: number): Promise<void> {
    if (!(await this.emptyWithin(ms))) await this.kill()
  }

  /** SIGKILL, repeated until nothing is left: a member may fork while we look. Gives up after ten seconds. */
  async kill(): Promise<void> {
    const end = performance.now() + 10_000
    for (const cgroup of this.#cgroups()) cgroup.kill()
    while (this.signal('SIGKILL') > 0 && performance.now() < end) await delay(LOOK_MS)
    for (const cgroup of this.#cgroups()) {
      while (!cgroup.isOwn && !cgroup.remove() && performance.now() < end) await delay(LOOK_MS)
    }
  }

  #cgroups(): Cgroup[] {
    return Cgroup.of(this.value, { prefix: this.#isPrefix, parents: this.#cgroupParents })
  }

  #scan(): Member[] {
    const found = this.#marked()
    const known = new Set(found.map(member => member.pid))
    for (const pid of this.#cgroups().flatMap(cgroup => cgroup.pids())) {
      const start = known.has(pid) ? undefined : startTime(pid)
      if (start !== undefined) found.push({ pid, start })
    }
    return found
  }

  #marked(): Member[] {
    const found: Member[] = []
    for (const pid of processIds()) {
      const start = this.has(pid) ? startTime(pid) : undefined
      if (start !== undefined) found.push({ pid, start })
    }
    return found
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter(name => name.charCodeAt(0) >= 49 && name.charCodeAt(0) <= 57)
      .map(Number)
  } catch {
    // No /proc (macOS): process groups are all there is; the docs say so.
    return []
  }
}

/** When a process started, in the kernel's ticks; undefined for one that is gone or a zombie. */
export function startTime(pid: number): string | undefined {
  return processStat(pid)?.start
}

/** What /proc/PID/stat says of a process (proc(5)). */
export interface ProcessStat {
  /** Name of its program. */
  readonly program: string
  readonly state: string
  readonly parent: number
  /** In the kernel's ticks. */
  readonly start: string
}

/** Undefined for a process that is gone or a zombie. */
export function processStat(pid: number): ProcessStat | undefined {
  const stat = read(`/proc/${pid}/stat`)?.toString('latin1')
  if (stat === undefined) return undefined
  const end = stat.lastIndexOf(')')
  const fields = stat.slice(end + 2).split(' ')
  const [state = 'X'] = fields
  const start = fields[19]
  if (state === 'Z' || state === 'X' || start === undefined) return undefined
  return { program: stat.slice(stat.indexOf('(') + 1, end), state, parent: Number(fields[1]), start }
}

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    // Gone since it was listed, or another user's: either way not ours.
    return undefined
  }
}
