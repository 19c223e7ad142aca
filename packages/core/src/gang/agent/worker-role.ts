import { FlowError } from '../../errors/index.js'
import type { RosterEntry } from '../../flow/index.js'
import { ChannelClient, type WorkerHandlers } from '../channel/index.js'
import type { Bootstrap, ControlAddress, FailureReport } from '../protocol.js'
import { SETTLE_MS } from '../verdict.js'
import { Bulk, bulkPlaces } from './bulk.js'
import { FactBoard, stopped } from './facts.js'
import { withDate } from './launch-result.js'
import type { Node } from './node.js'
import type { NodeNotice } from './node-operations.js'
import type { Role } from './role.js'
import type { SharedEnds } from './shared-launches.js'

export interface WorkerRoleOptions {
  readonly bootstrap: Bootstrap
  readonly node: () => Node
  readonly signal: AbortSignal
  /** Control says that the gang stops. */
  readonly onStop: (reason: string, graceMs: number) => Promise<void>
  /** Control is gone for good. */
  readonly onLost: (error: Error) => void
}

/** A worker: one channel to control. */
export class WorkerRole implements Role {
  readonly #options: WorkerRoleOptions
  readonly #facts = new FactBoard()
  readonly #roster = Promise.withResolvers<readonly RosterEntry[]>()
  readonly #released = Promise.withResolvers<void>()
  readonly bulk: Bulk
  #client: ChannelClient | undefined
  #isConnected = false

  constructor(options: WorkerRoleOptions) {
    this.#options = options
    this.bulk = new Bulk({
      ...bulkPlaces(options.bootstrap),
      certificateOf: of => this.#channel.call('certificate', { of }),
    })
    // Awaited later, or never when something else ends the node first.
    this.#roster.promise.catch(() => undefined)
    this.#released.promise.catch(() => undefined)
    options.signal.addEventListener(
      'abort',
      () => {
        this.#roster.reject(stopped())
        this.#released.reject(stopped())
      },
      { once: true },
    )
  }

  /** Connects to control, once its address has come by the orchestrator link. */
  async connect(control: ControlAddress): Promise<void> {
    const { bootstrap, onLost } = this.#options
    const client = new ChannelClient({
      place: control.place,
      controlPublicKey: control.publicKey,
      identity: { attempt: attemptName(bootstrap), index: bootstrap.index, incarnation: bootstrap.incarnation },
      key: bootstrap.key,
      handlers: this.#handlers(),
      connectTimeoutMs: bootstrap.plan.timeouts.barrierMs,
    })
    this.#client = client
    client.on('lost', onLost)
    await client.connect()
    this.#isConnected = true
  }

  async join(facts: Readonly<Record<string, unknown>>): Promise<readonly RosterEntry[]> {
    const { bootstrap } = this.#options
    await this.#channel.call('join', { slots: bootstrap.plan.slots, address: bootstrap.address, facts })
    return this.#roster.promise
  }

  async ready(): Promise<void> {
    this.#channel.tell('ready', {})
  }

  async publish(facts: Readonly<Record<string, unknown>>): Promise<void> {
    this.#facts.add(this.#options.bootstrap.index, facts)
    await this.#channel.call('publish', { facts })
  }

  fact(name: string, { from, timeout }: { readonly from: number; readonly timeout: number }): Promise<unknown> {
    return this.#facts.wait(name, from, timeout, this.#options.signal)
  }

  async barrier(name: string, timeout: number): Promise<void> {
    // Control knows who is missing: its answer comes first, and this is for a control that does not answer.
    const limit = { timeout: timeout + SETTLE_MS, signal: this.#options.signal }
    await this.#channel.call('barrier', { name, timeoutMs: Math.max(0, timeout) }, limit)
  }

  broadcast(path: string): Promise<void> {
    return Promise.reject(
      new FlowError('FLOW_GANG_NOT_CONTROL', {
        message: `broadcast('${path}') was called on node ${this.#options.bootstrap.index}`,
        why: 'A broadcast goes from control to the others.',
        fix: 'Call it in the body of node 0.',
      }),
    )
  }

  async done(): Promise<void> {
    this.#channel.tell('bodyDone', {})
    await this.#released.promise
  }

  notify(notice: NodeNotice): void {
    this.#channel.tell('notice', notice)
  }

  async endsOfAll(launch: string): Promise<SharedEnds> {
    const { ends, launcher } = await this.#channel.call('launchEnds', { launch }, { timeout: 4 * SETTLE_MS })
    return { ends: ends.map(withDate), launcher: launcher && withDate(launcher) }
  }

  fail({ end, outcome, ageMs, error }: FailureReport): boolean {
    if (!this.#isConnected) return false
    const { node, what, rank, exitCode, signal, excerpt } = end
    this.#channel.tell('failed', {
      end: { node, what, rank, exitCode, signal, excerpt },
      outcome,
      ageMs,
      ...(error === undefined ? {} : { error: { ...error } }),
    })
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bulk[Symbol.asyncDispose]()
    await this.#client?.close()
  }

  get #channel(): ChannelClient {
    if (this.#client === undefined) throw new TypeError('the channel is used before it is connected')
    return this.#client
  }

  #handlers(): WorkerHandlers {
    const { node, onStop } = this.#options
    return {
      roster: ({ entries }) => {
        for (const entry of entries) this.#facts.add(entry.index, entry.facts)
        this.#roster.resolve(entries)
      },
      facts: ({ node: from, facts }) => this.#facts.add(from, facts),
      launchOpen: params => node().launchOpen(params),
      launchClose: params => node().launchClose(params),
      launchSignal: params => node().launchSignal(params),
      daemonStart: params => node().daemonStart(params),
      daemonSignal: params => node().daemonSignal(params),
      daemonEof: params => node().daemonEof(params),
      exec: async ({ id, command, lines, ...options }, _from, signal) => {
        const onLine = (text: string, from: { readonly stream: 'stdout' | 'stderr' }): void =>
          this.notify({ type: 'line', launch: id, stream: from.stream, text })
        const result = await node().exec(command, { ...options, signal, ...(lines ? { onLine } : {}) })
        return { ...result, command: [...result.command], ranks: [] }
      },
      certificate: () => this.bulk.links.certificate(),
      broadcastReceive: (params, _from, signal) => this.bulk.broadcasts.receive(params, signal),
      broadcastEnd: params => this.bulk.broadcasts.end(params),
      // Answered at once: SIGTERM is delivered synchronously, the rest may take the grace.
      stop: ({ reason, graceMs }) => void onStop(reason, graceMs),
      release: () => this.#released.resolve(),
    }
  }
}

/** The attempt as the channel's identities name it. */
export function attemptName(bootstrap: Bootstrap): string {
  return `${bootstrap.task}/${bootstrap.identity.attempt}`
}
