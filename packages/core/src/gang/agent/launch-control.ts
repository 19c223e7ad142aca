import { chmod, readFile, writeFile } from 'node:fs/promises'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { LauncherEnd, ProgramResult, RosterEntry } from '../../flow/index.js'
import { fromShellStatus } from '../../process/index.js'
import type { LaunchSpec } from '../hooks/index.js'
import { CLOCK_UNCERTAINTY_MS, SETTLE_MS } from '../verdict.js'
import { completeLaunch, type DatedEnd, withRemovals } from './launch-result.js'
import { launchAgentPath } from './launch-node.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import { type ProgramHost, runProgram } from './program.js'

export interface LaunchControlOptions {
  readonly host: ProgramHost
  readonly attemptDir: string
  readonly scriptsDir: string
  readonly roster: readonly RosterEntry[]
  /** The operations of each node, by index. */
  readonly nodes: readonly NodeOperations[]
  /** Aborted when the gang is being stopped: each node then ends what it has by itself. */
  readonly signal: AbortSignal
}

/** Before a node's name, where a launcher compares it with its machine's. */
const HOST_PREFIX = 'gang-'

/** The launches of a gang, as control runs them. */
export class LaunchControl {
  readonly #options: LaunchControlOptions
  readonly #live = new Map<string, Launch>()
  #next = 1

  constructor(options: LaunchControlOptions) {
    this.#options = options
  }

  async run(spec: LaunchSpec): Promise<ProgramResult> {
    const id = String(this.#next++)
    const launch = new Launch(id, this.#options, spec)
    this.#live.set(id, launch)
    try {
      return await launch.run()
    } finally {
      this.#live.delete(id)
    }
  }

  /** A node told something about a launch. */
  notice(node: number, notice: NodeNotice): void {
    this.#live.get(notice.launch)?.notice(node, notice)
  }

  /** Our own FIFO: a launch agent asks for a daemon. */
  daemonWanted(launch: string, key: string, host: string): void {
    void this.#live.get(launch)?.startDaemon(key, host)
  }

  daemonSignalled(launch: string, key: string, signal: NodeJS.Signals): void {
    this.#live.get(launch)?.signalDaemon(key, signal)
  }

  daemonInputEnded(launch: string, key: string): void {
    this.#live.get(launch)?.endDaemonInput(key)
  }
}

class Launch {
  readonly #id: string
  readonly #options: LaunchControlOptions
  readonly #spec: LaunchSpec
  readonly #dir: string
  readonly #ends: DatedEnd[] = []
  readonly #daemons = new Map<string, { readonly node: number; readonly reply: number }>()
  /** What of the launcher was killed before anything of ours was stopped, and when that was seen. */
  #killed: { readonly end: LauncherEnd; readonly at: number } | undefined
  /** A daemon that failed before any rank started: the launcher may wait for it for ever (MPICH, Intel MPI). */
  #failed: LauncherEnd | undefined
  #hasRanks = false
  #running = 0
  #launcherEndedAt: number | undefined
  #isStopping = false
  /** What is left gets SIGKILL of ours. */
  #isKilling = false
  /** Ends the launcher itself, where it does not end although all that it started is gone. */
  readonly #launcherEnding = new AbortController()

  constructor(id: string, options: LaunchControlOptions, spec: LaunchSpec) {
    this.#id = id
    this.#options = options
    this.#spec = spec
    this.#dir = join(options.host.nodeDir, `launch.${id}`)
  }

  async run(): Promise<ProgramResult> {
    const { host, nodes } = this.#options
    const options = this.#spec.options ?? {}
    const { input, onLine, env, cwd } = options
    const launch = this.#id
    await Promise.all(
      nodes.map(node =>
        node.launchOpen({
          launch,
          input,
          cwd: cwd ?? '.',
          env: withRemovals(env ?? {}),
          nodeEnv: this.#spec.nodeEnv ?? {},
          lines: onLine !== undefined,
          isLocal: false,
        }),
      ),
    )
    let ended: ProgramResult
    let outputs: readonly (string | undefined)[] = []
    try {
      const command = await this.#spec.command({
        launchAgent: await this.#writeLaunchAgent(),
        host: name => `${HOST_PREFIX}${name}`,
        onNode: `. "$FLOW_NODE_DIR/launch.${launch}/daemon"; `,
        rank: ['/bin/sh', join(this.#options.attemptDir, 'rank.sh'), launch, host.nodeDir],
        dir: this.#dir,
      })
      const { timeout, signal } = options
      const ending = this.#launcherEnding.signal
      ended = await runProgram(host, {
        id: `launcher.${launch}`,
        command,
        env: this.#spec.env,
        options: { timeout, signal: signal === undefined ? ending : AbortSignal.any([signal, ending]), cwd, onLine },
        onEnding: () => this.#endEarly(),
        onExit: () => (this.#launcherEndedAt = performance.now()),
      })
      if (signal?.aborted !== true) ended = { ...ended, isCanceled: false }
    } finally {
      const closings = await Promise.all(nodes.map(node => node.launchClose({ launch })))
      for (const { reply } of this.#daemons.values()) closeSync(reply)
      for (const [node, { unreported }] of closings.entries()) {
        for (const end of unreported) this.#ends.push({ node, end, at: performance.now() })
      }
      outputs = closings.map(closing => closing.output)
    }
    return completeLaunch(ended, this.#ends, outputs, this.#launcherEnd(ended))
  }

  notice(node: number, notice: NodeNotice): void {
    switch (notice.type) {
      case 'rankStarted':
        this.#hasRanks = true
        this.#running++
        return
      case 'line':
        this.#spec.options?.onLine?.(notice.text, {
          stream: notice.stream,
          node,
          ...(notice.rank === undefined ? {} : { rank: notice.rank }),
        })
        return
      case 'rankEnded':
        this.#ends.push({ node, end: notice.end, at: performance.now() - notice.ageMs })
        this.#running--
        if (notice.end.exitCode !== 0) this.#stopRanks()
        if (this.#running === 0 && this.#isStopping) this.#letLauncherEnd()
        return
      case 'daemonEnded': {
        const daemon = this.#daemons.get(notice.key)
        if (daemon === undefined) return
        this.#daemons.delete(notice.key)
        this.#daemonEnded(daemon.node, notice.status)
        answer(daemon.reply, `exit ${notice.status}`)
        closeSync(daemon.reply)
        return
      }
      case 'launcherKilled':
      // Of shared launches only: here the launcher is control's own.
    }
  }

  async startDaemon(key: string, host: string): Promise<void> {
    const reply = openSync(join(this.#dir, `reply.${key}`), constants.O_WRONLY | constants.O_NONBLOCK)
    const name = host.startsWith(HOST_PREFIX) ? host.slice(HOST_PREFIX.length) : host
    const target = this.#options.roster.find(entry => entry.name === name || entry.address === name)
    const refuse = async (message: string): Promise<void> => {
      this.#options.host.log.note(message)
      answer(reply, 'exit 255')
      closeSync(reply)
    }
    const fail = async (node: number, message: string): Promise<void> => {
      await refuse(message)
      this.#daemonEnded(node, 255)
    }
    if (target === undefined)
      return refuse(
        `The launcher asked for host '${host}', which is no node of this gang (${this.#options.roster.map(entry => entry.name).join(', ')}).`,
      )
    this.#daemons.set(key, { node: target.index, reply })
    try {
      const command = await readFile(join(this.#dir, `daemon.${key}`), 'utf8')
      await this.#options.nodes[target.index]?.daemonStart({ launch: this.#id, key, command })
      if (this.#daemons.has(key)) answer(reply, 'started')
    } catch (error) {
      if (this.#daemons.delete(key))
        await fail(
          target.index,
          `The daemon on ${target.name} could not be started: ${error instanceof Error ? error.message : String(error)}`,
        )
    }
  }

  signalDaemon(key: string, signal: NodeJS.Signals): void {
    const daemon = this.#daemons.get(key)
    if (daemon !== undefined) void this.#options.nodes[daemon.node]?.daemonSignal({ launch: this.#id, key, signal })
  }

  endDaemonInput(key: string): void {
    const daemon = this.#daemons.get(key)
    if (daemon !== undefined) void this.#options.nodes[daemon.node]?.daemonEof({ launch: this.#id, key })
  }

  /** Launchers may wait for ever for a daemon that was killed, or could not start (MPICH, Intel MPI). */
  #daemonEnded(node: number, status: number): void {
    if (this.#isKilling) return
    const end: LauncherEnd = { what: 'launcher daemon', node, ...fromShellStatus(status) }
    // The launcher may have seen it first, ended its ranks, and itself: but it only tells its daemons to end, and kills none.
    const isOver = this.#isStopping || this.#launcherEndedAt !== undefined
    if (isOver && end.signal !== 'SIGKILL') return
    if (end.signal !== null) this.#killed ??= { end, at: performance.now() }
    else if (status !== 0 && !this.#hasRanks) this.#failed = end
    else return
    this.#stopRanks()
  }

  /** The cause, when it is none of the ranks: those that ended before were not brought down by it. */
  #launcherEnd({ exitCode, signal: own, timedOut, isCanceled }: ProgramResult): LauncherEnd | undefined {
    const at = this.#launcherEndedAt
    const signal = own ?? this.#signalWithin(exitCode)
    // Nobody kills by SIGPIPE: it wrote to a daemon that was gone (Intel MPI).
    if (signal !== null && signal !== 'SIGPIPE' && at !== undefined && !timedOut && !isCanceled && !this.#isKilling)
      this.#killed ??= { end: { what: 'launcher', node: 0, exitCode: null, signal }, at }
    const killed = this.#killed
    // A launcher that saw its daemon fail has ended by itself, and said more about it.
    if (killed === undefined) return this.#isKilling ? this.#failed : undefined
    const isEarlier = this.#ends.some(one => one.end.exitCode !== 0 && one.at < killed.at - CLOCK_UNCERTAINTY_MS)
    return isEarlier ? undefined : killed.end
  }

  /** A launcher may be a script around another one (Intel MPI): its status tells of a signal, where no rank does. */
  #signalWithin(exitCode: number | null): string | null {
    const endedAt = this.#launcherEndedAt ?? 0
    const isOfRank = this.#ends.some(({ end, at }) => end.exitCode !== 0 && at <= endedAt)
    return exitCode === null || isOfRank ? null : fromShellStatus(exitCode).signal
  }

  /** A rank failed: the others must not wait for it. */
  #stopRanks(): void {
    if (!this.#isStopping && !this.#options.signal.aborted) this.#stop(false)
  }

  /** Its time is over, or nobody wants it any more. True where the launcher is held until its ranks have ended. */
  #endEarly(): boolean {
    if (!this.#isStopping) this.#stop(true)
    return this.#running > 0 && !this.#isKilling
  }

  /** SIGTERM, and SIGKILL for what is left after the grace. */
  #stop(all: boolean): void {
    this.#isStopping = true
    if (this.#running > 0) this.#signalAll('SIGSTOP', true)
    this.#signalAll('SIGTERM', all)
    setTimeout(() => this.#kill(), this.#options.host.graceMs).unref()
  }

  /** Its ranks have ended. It may still say what it saw; Hydra's daemons may stay for ranks that never called MPI_Init. */
  #letLauncherEnd(): void {
    this.#signalAll('SIGCONT', true)
    setTimeout(() => this.#kill(), SETTLE_MS).unref()
  }

  #kill(): void {
    if (this.#isKilling || this.#launcherEndedAt !== undefined) return
    this.#isKilling = true
    this.#signalAll('SIGKILL', true)
    setTimeout(() => this.#launcherEnding.abort(), SETTLE_MS).unref()
  }

  #signalAll(signal: NodeJS.Signals, all: boolean): void {
    // A node that is gone answers nothing; that it is lost is seen elsewhere.
    for (const node of this.#options.nodes)
      void node.launchSignal({ launch: this.#id, signal, all }).catch(() => undefined)
  }

  async #writeLaunchAgent(): Promise<string> {
    const path = launchAgentPath(this.#options.attemptDir, this.#id)
    const text = `#!/bin/sh\nlaunch='${this.#id}' dir='${this.#options.host.nodeDir}'\n. '${join(this.#options.scriptsDir, 'launch-agent.sh').replaceAll("'", String.raw`'\''`)}'\n`
    await writeFile(path, text, { mode: 0o700 })
    await chmod(path, 0o700)
    return path
  }
}

function answer(reply: number, line: string): void {
  try {
    writeSync(reply, `${line}\n`)
  } catch {
    // EPIPE: the launcher has killed its agent and does not want to know any more.
  }
}
