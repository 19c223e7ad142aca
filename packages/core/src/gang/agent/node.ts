import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BodyOutput, BodyProcess, TaskLog } from '../../body/index.js'
import type { ProgramOptions, ProgramResult } from '../../flow/index.js'
import { Fence, FENCE_VARIABLE, HeldPort, Owned, processStat, StopWatch } from '../../process/index.js'
import type { Params, WorkerMethods } from '../channel/index.js'
import type { PortLease } from '../hooks/index.js'
import type { Bootstrap, LinkUp } from '../protocol.js'
import { workDirOf } from './bulk.js'
import { EventsFifo, type FifoEvent } from './events-fifo.js'
import { LaunchNode } from './launch-node.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import { NodeStore } from './node-store.js'
import type { RankEnd } from './rank-watch.js'
import { type ProgramHost, runProgram } from './program.js'

export interface NodeOptions {
  readonly bootstrap: Bootstrap
  readonly send: (message: LinkUp) => void
  /** To control: for a worker by the channel. */
  readonly notify: (notice: NodeNotice) => void
  /** Names the cause of a rank's bad end better than its status does. */
  readonly nameCause: (end: RankEnd) => Promise<string | undefined>
  /** Control only: its launch agents ask for daemons. */
  readonly onLaunchAgent?: ((event: Extract<FifoEvent, { type: 'daemon' | 'signal' | 'eof' }>) => void) | undefined
}

/** A shell, Intel MPI's bootstrap proxy, its proxy: ranks come after them. */
const WATCHED_GENERATIONS = 2

/** What a node owns: its directory, log, programs, ranks, ports, and the fence around all of it. */
export class Node implements NodeOperations, AsyncDisposable {
  readonly bootstrap: Bootstrap
  readonly workDir: string
  readonly tempDir: string
  readonly log: TaskLog
  /** Of a node that does not see the run's disk. */
  readonly store: NodeStore | undefined
  readonly fence: Fence
  readonly host: ProgramHost
  readonly #stopWatch: StopWatch
  readonly #options: NodeOptions
  readonly #env: Record<string, string>
  readonly #launches = new Map<string, LaunchNode>()
  readonly #owned = new Owned()
  #fifo: EventsFifo | undefined
  #output: BodyOutput | undefined
  #nextProgram = 1

  constructor(options: NodeOptions) {
    const { bootstrap, send } = options
    const { nodeDir, logFile } = bootstrap.places
    this.bootstrap = bootstrap
    this.#options = options
    this.workDir = workDirOf(bootstrap.places)
    this.tempDir = join(nodeDir, 'tmp')
    this.store = logFile === undefined ? new NodeStore(bootstrap.places, send) : undefined
    const { store } = this
    const to = store === undefined ? (logFile ?? '') : store.log.bind(store)
    const index = bootstrap.plan.singleNode ? undefined : bootstrap.index
    this.log = new TaskLog(to, lines => send({ type: 'log', lines }), index)
    this.fence = new Fence(bootstrap.fence)
    // Python buffers what it prints into a pipe: a killed program would lose its last words.
    this.#env = { TMPDIR: this.tempDir, PYTHONUNBUFFERED: '1', ...bootstrap.env, [FENCE_VARIABLE]: bootstrap.fence }
    this.#stopWatch = new StopWatch(bootstrap.plan.timeouts.heartbeatMs, ({ name, state }) => {
      const message = `${name} on node ${bootstrap.index} is stopped (state ${state})`
      this.log.note(message)
      send({ type: 'warning', message })
    })
    this.host = {
      nodeDir,
      workDir: this.workDir,
      fence: bootstrap.fence,
      log: this.log,
      graceMs: bootstrap.plan.timeouts.graceMs,
      environment: () => this.#env,
      watch: pid => this.#stopWatch.add(pid, { generations: WATCHED_GENERATIONS }),
    }
  }

  get env(): Readonly<Record<string, string>> {
    return this.#env
  }

  setEnv(name: string, value: string): void {
    this.#env[name] = value
  }

  /** Lays out the working directory and starts to listen to what ranks tell. */
  async prepare(): Promise<void> {
    // Its supervisor does so too, but does not hold its start up for it.
    await this.fence.enclose(process.pid)
    const { nodeDir, filesDir } = this.bootstrap.places
    this.#fifo = new EventsFifo(
      join(nodeDir, 'events'),
      event => this.#onFifo(event),
      line => this.log.note(`not understood: ${line}`),
    )
    mkdirSync(this.tempDir, { recursive: true, mode: 0o700 })
    // Nobody waits for an answer of this node yet, and in one piece it takes an eighth of the time.
    cpSync(filesDir, this.workDir, { recursive: true, verbatimSymlinks: true })
  }

  /** Starts the body's process; its output goes to the log. */
  startBody(): { readonly body: BodyProcess; readonly output: BodyOutput } {
    const body = BodyProcess.start({
      module: this.bootstrap.places.bodyModule,
      cwd: this.bootstrap.places.nodeDir,
      env: this.#env,
    })
    this.#stopWatch.add(body.pid, { name: 'the body' })
    this.#output = new BodyOutput(body, this.log)
    return { body, output: this.#output }
  }

  /** Hands over something to be undone when the node ends, last first. */
  own(resource: Disposable | AsyncDisposable): void {
    this.#owned.use(resource)
  }

  async lease(): Promise<PortLease> {
    const held = await HeldPort.lease()
    this.own(held)
    return { port: held.port, release: () => held.release(), [Symbol.asyncDispose]: () => held.release() }
  }

  exec(command: readonly string[], options: ProgramOptions): Promise<ProgramResult> {
    return runProgram(this.host, { id: String(this.#nextProgram++), command, options })
  }

  async launchOpen(opening: Params<WorkerMethods, 'launchOpen'>): Promise<void> {
    const { host } = this
    const launch = LaunchNode.open(
      {
        ...host,
        attemptDir: this.bootstrap.places.attemptDir,
        environment: () => this.#env,
        allRead: () => this.#fifo?.sync() ?? Promise.resolve(),
        expectStop: pid => this.#stopWatch.expect(pid),
        notify: this.#options.notify,
        nameCause: this.#options.nameCause,
      },
      opening,
    )
    this.#launches.set(opening.launch, launch)
  }

  async launchClose({
    launch,
  }: Params<WorkerMethods, 'launchClose'>): Promise<Awaited<ReturnType<LaunchNode['close']>>> {
    // The launcher may be gone before we have read what its ranks told.
    await this.#fifo?.sync()
    const closing = await this.#launches.get(launch)?.close()
    this.#launches.delete(launch)
    return closing ?? { unreported: [] }
  }

  async launchSignal({ launch, signal, all }: Params<WorkerMethods, 'launchSignal'>): Promise<void> {
    this.#launches.get(launch)?.signal(signal as NodeJS.Signals, all)
  }

  /** SIGTERM, the grace, SIGKILL for everything of this node; what would not leave ranks their grace gets SIGKILL alone. */
  sweep(graceMs: number): Promise<void> {
    const left = [...this.#launches.values()].map(launch => launch.leave())
    return this.fence.sweep(graceMs, {
      held: new Set(left.flatMap(({ held }) => [...held])),
      told: new Set(left.flatMap(({ told }) => [...told])),
    })
  }

  async daemonStart({ launch, key, command }: Params<WorkerMethods, 'daemonStart'>): Promise<void> {
    await this.#launches.get(launch)?.startDaemon(key, command)
  }

  async daemonSignal({ launch, key, signal }: Params<WorkerMethods, 'daemonSignal'>): Promise<void> {
    this.#launches.get(launch)?.signalDaemon(key, signal as NodeJS.Signals)
  }

  async daemonEof({ launch, key }: Params<WorkerMethods, 'daemonEof'>): Promise<void> {
    this.#launches.get(launch)?.endDaemonInput(key)
  }

  #onFifo(event: FifoEvent): void {
    switch (event.type) {
      case 'start':
        this.#stopWatch.add(event.pid, { name: `rank ${event.rank}` })
        this.#watchDaemon(event.pid)
        this.#launches.get(event.launch)?.rankStarted(event.rank, event.pid)
        this.#options.send({ type: 'rank', rank: event.rank, pid: event.pid })
        return
      case 'exit':
        void this.#launches.get(event.launch)?.rankEnded(event.rank, event.status)
        return
      default:
        this.#options.onLaunchAgent?.(event)
    }
  }

  /** What started a rank's wrapper: where SSH started it, nobody else knows of it. */
  #watchDaemon(rank: number): void {
    const wrapper = processStat(rank)?.parent
    const daemon = wrapper === undefined ? undefined : processStat(wrapper)?.parent
    if (daemon !== process.pid && daemon !== 1) this.#stopWatch.add(daemon)
  }

  /** Ends everything of this node: what it owns, what is left in its fence, its log. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopWatch[Symbol.dispose]()
    try {
      await this.#owned[Symbol.asyncDispose]()
    } finally {
      await this.fence.kill()
      // What the body said last, on SIGTERM perhaps.
      await this.#output?.drain()
      this.#fifo?.[Symbol.dispose]()
      this.store?.[Symbol.dispose]()
      await this.log.close()
    }
  }
}
