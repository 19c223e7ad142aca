import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join, resolve as resolvePath } from 'node:path'
import { Fence, signalProcess } from '../../process/index.js'
import type { TaskLog } from '../../body/index.js'
import { SETTLE_MS } from '../verdict.js'
import type { LaunchClosing, LaunchOpening, NodeNotice } from './node-operations.js'
import { programMarker, PROGRAM_VARIABLE } from './program.js'
import { HeldLauncher } from './held-launcher.js'
import { type RankEnd, RankWatch } from './rank-watch.js'

export interface LaunchNodeOptions {
  readonly nodeDir: string
  readonly attemptDir: string
  readonly workDir: string
  readonly fence: string
  readonly graceMs: number
  readonly log: TaskLog
  readonly environment: () => Readonly<Record<string, string>>
  readonly notify: (notice: NodeNotice) => void
  readonly nameCause: (end: RankEnd) => Promise<string | undefined>
  /** Tells when a process is stopped (SIGSTOP). */
  readonly watch: (pid: number | undefined) => void
  /** Settles when all that ranks have told until then was read. */
  readonly allRead: () => Promise<void>
  /** This process is stopped by us: nobody has to be told. */
  readonly expectStop: (pid: number) => void
}

/** SIGKILL, as shells put it. */
const KILLED = 128 + constants.signals.SIGKILL

/** What has to be treated apart when a node ends. */
export interface LeftLaunch {
  /** Stopped (SIGSTOP) so that ranks have their grace. */
  readonly held: ReadonlySet<number>
  /** Ranks that have been told to end before. */
  readonly told: ReadonlySet<number>
}

/** Of node 0, in the attempt's directory. It goes with that. */
const CONTROL_DIR = '0'

/** What finds a program and its libraries must be the node's own, whatever a launcher copied over it. */
const OWN_VARIABLES = ['PATH', 'LD_LIBRARY_PATH', 'PYTHONPATH', 'HOME', 'TMPDIR', 'FLOW_FENCE']

/** One launch on one node: its directory, its daemons, its ranks. */
export class LaunchNode {
  readonly #options: LaunchNodeOptions
  readonly #opening: LaunchOpening
  readonly #dir: string
  readonly #ranks: RankWatch
  readonly #daemons = new Map<string, ChildProcess>()
  readonly #marker: Fence
  readonly #launcher: HeldLauncher
  #isStopping = false
  #isLeft = false
  #isClosing = false

  private constructor(options: LaunchNodeOptions, opening: LaunchOpening) {
    this.#options = options
    this.#opening = opening
    this.#dir = join(options.nodeDir, `launch.${opening.launch}`)
    this.#marker = new Fence(launchMarker(options.fence, opening.launch), { variable: PROGRAM_VARIABLE })
    const { launch } = opening
    const launcher = programMarker(options.fence, `launcher.${launch}`)
    this.#launcher = new HeldLauncher(launcher, new Fence(options.fence), options.expectStop)
    this.#ranks = new RankWatch({
      dir: this.#dir,
      log: options.log,
      nameCause: options.nameCause,
      allRead: options.allRead,
      onUnreported: rank => void this.rankEnded(rank, KILLED),
      ...(opening.lines
        ? {
            onLine: (text, from) =>
              options.notify({ type: 'line', launch, rank: from.rank ?? 0, stream: from.stream, text }),
          }
        : {}),
    })
  }

  /** Its files are small: by the thread pool they would take several times as long. */
  static open(options: LaunchNodeOptions, opening: LaunchOpening): LaunchNode {
    const launch = new LaunchNode(options, opening)
    mkdirSync(launch.#dir, { recursive: true, mode: 0o700 })
    const input = join(launch.#dir, 'input.json')
    const env = options.environment()
    const own = OWN_VARIABLES.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]] as const]))
    const variables = {
      ...Object.fromEntries(own),
      ...opening.env,
      FLOW_INPUT: input,
      FLOW_OUTPUT: launch.#outputPath,
      [PROGRAM_VARIABLE]: launchMarker(options.fence, opening.launch),
    }
    const rankText = `${exportLines(variables)}cd ${shellQuote(resolvePath(options.workDir, opening.cwd))} || exit 126\n`
    if (!opening.isLocal) standInForControl(options, opening.launch)
    writeFileSync(input, JSON.stringify(opening.input ?? null), { mode: 0o600 })
    writeFileSync(join(launch.#dir, 'env'), rankText, { mode: 0o600 })
    writeFileSync(join(launch.#dir, 'daemon'), exportLines(launch.#daemonVariables), { mode: 0o600 })
    if (Object.values(opening.nodeEnv).some(value => value.includes('{dir}/tmp')))
      mkdirSync(join(options.nodeDir, 'tmp'), { recursive: true, mode: 0o700 })
    return launch
  }

  rankStarted(rank: number, pid: number): void {
    this.#ranks.started(rank, pid)
    if (this.#isStopping) this.#send('SIGTERM', false, this.#ranks.tell())
    this.#options.notify({ type: 'rankStarted', launch: this.#opening.launch, rank, pid })
  }

  async rankEnded(rank: number, status: number): Promise<void> {
    const ending = this.#ranks.ended(rank, status)
    if (this.#ranks.pids.length === 0 && !this.#isLeft) this.#letLauncherEnd()
    const end = await ending
    this.#options.notify({
      type: 'rankEnded',
      launch: this.#opening.launch,
      end,
      ageMs: performance.now() - end.seenAt,
    })
  }

  /** The ranks of this node have ended; a launcher of other nodes' ranks too is control's to end. */
  #letLauncherEnd(): void {
    this.#launcher.release()
    if (!this.#isStopping || !this.#opening.isLocal) return
    // It may still say what it saw. torchrun waits for other nodes where its own ranks ended well.
    setTimeout(() => void this.#launcher.kill(), SETTLE_MS).unref()
  }

  /** Starts a launcher's daemon. Its end is told to control, which tells the launch agent that waits for it. */
  startDaemon(key: string, command: string): Promise<void> {
    const { workDir, log, notify } = this.#options
    const { launch } = this.#opening
    const daemon = spawn('sh', ['-c', command], {
      cwd: workDir,
      env: { ...this.#options.environment(), ...this.#daemonVariables },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    this.#daemons.set(key, daemon)
    this.#options.watch(daemon.pid)
    // The daemon may not read its input; EPIPE says so when it is gone.
    daemon.stdin.on('error', () => undefined)
    for (const name of ['stdout', 'stderr'] as const) {
      const sink = log.sink(name, undefined)
      daemon[name].on('data', (chunk: Buffer) => void sink.write(chunk))
      daemon[name].once('close', () => sink.end())
    }
    daemon.once('exit', (code, signal) => {
      this.#daemons.delete(key)
      // Its launcher is gone, and it was ended by us.
      if (this.#isClosing) return
      notify({
        type: 'daemonEnded',
        launch,
        key,
        status: code ?? 128 + (signal === null ? 0 : constants.signals[signal]),
      })
    })
    return new Promise((resolve, reject) => {
      daemon.once('spawn', resolve)
      daemon.once('error', reject)
    })
  }

  signalDaemon(key: string, signal: NodeJS.Signals): void {
    const pid = this.#daemons.get(key)?.pid
    if (pid !== undefined) signalGroup(pid, signal)
  }

  endDaemonInput(key: string): void {
    this.#daemons.get(key)?.stdin?.end()
  }

  /**
   * SIGTERM and SIGKILL are for ranks only, so that the launcher can still say what it saw; with `all` for everything of
   * the launch. SIGSTOP and SIGCONT are for what started the ranks: nothing else tells ranks to end, and how soon.
   */
  signal(signal: NodeJS.Signals, all: boolean): void {
    switch (signal) {
      case 'SIGSTOP':
        this.#hold()
        return
      case 'SIGCONT':
        this.#launcher.release()
        return
      case 'SIGTERM': {
        this.#isStopping = true
        const held = this.#ranks.pids.length > 0 ? this.#hold() : []
        // It comes from this node, from control, at the gang's end, and must not come twice.
        this.#send(signal, all, new Set([...held, ...this.#ranks.tell()]))
        return
      }
      default:
        this.#send(signal, all)
    }
  }

  #send(signal: NodeJS.Signals, all: boolean, spared: ReadonlySet<number> = new Set()): void {
    if (all) this.#marker.signal(signal, spared)
    else for (const pid of this.#ranks.pids) if (!spared.has(pid)) signalProcess(pid, signal)
  }

  /** From here on the node ends it with all it has. */
  leave(): LeftLaunch {
    this.#isLeft = true
    return { held: this.#hold(), told: this.#ranks.tell() }
  }

  #hold(): ReadonlySet<number> {
    return this.#launcher.hold(this.#ranks.pids)
  }

  /** The launcher ended: whatever is left of it here goes, and what the ranks left is handed back. */
  async close(): Promise<LaunchClosing> {
    this.#isClosing = true
    await this.#endAll()
    const unreported = await this.#ranks.close()
    const output = await readFile(this.#outputPath, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    rmSync(this.#dir, { recursive: true, force: true })
    rmSync(launchAgentPath(this.#options.attemptDir, this.#opening.launch), { force: true })
    return { unreported, output }
  }

  /** A launcher that was killed leaves its ranks behind: they get the grace that programs get at every other end. */
  async #endAll(): Promise<void> {
    const { graceMs } = this.#options
    const ranks = new Set(this.#ranks.pids)
    const members = this.#marker.members()
    const hasRanks = members.some(pid => ranks.has(pid))
    if (hasRanks && !this.#isLeft) return this.#marker.sweep(graceMs, { told: this.#ranks.tell() })
    // The node has told them to end: they must not hear it twice.
    if (hasRanks) await this.#marker.emptyWithin(graceMs, new Set(members.filter(pid => !ranks.has(pid))))
    await this.#marker.kill()
  }

  /** What a daemon gets beside the node's environment, whoever starts it. */
  get #daemonVariables(): Record<string, string> {
    const { nodeDir, fence } = this.#options
    const { launch, nodeEnv } = this.#opening
    const extra = Object.entries(nodeEnv).map(([name, value]) => [name, value.replaceAll('{dir}', nodeDir)])
    return {
      ...(Object.fromEntries(extra) as Record<string, string>),
      FLOW_NODE_DIR: nodeDir,
      [PROGRAM_VARIABLE]: launchMarker(fence, launch),
    }
  }

  get #outputPath(): string {
    return join(this.#dir, 'output.json')
  }
}

/** Where launchers find the launch agent: they tell the path to their daemons, which look whether it is there. */
export function launchAgentPath(attemptDir: string, launch: string): string {
  return join(attemptDir, `agent.${launch}`)
}

/** What launchers look for at control's paths on other machines too. Control itself has, or writes, its own there. */
function standInForControl({ attemptDir, nodeDir }: LaunchNodeOptions, launch: string): void {
  // None is ever started.
  ifAbsent(() => writeFileSync(launchAgentPath(attemptDir, launch), '#!/bin/sh\nexit 7\n', { mode: 0o700, flag: 'wx' }))
  // Hydra starts ranks in the directory that its launcher has.
  ifAbsent(() => symlinkSync(basename(nodeDir), join(attemptDir, CONTROL_DIR)))
}

function ifAbsent(make: () => void): void {
  try {
    make()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Marks everything that a launch starts on one node. */
function launchMarker(fence: string, launch: string): string {
  return programMarker(fence, `launch.${launch}`)
}

/** null removes a variable. */
function exportLines(variables: Readonly<Record<string, string | null>>): string {
  return Object.entries(variables)
    .map(([name, value]) => (value === null ? `unset ${name}\n` : `export ${name}=${shellQuote(value)}\n`))
    .join('')
}

function shellQuote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  signalProcess(-pid, signal)
}
