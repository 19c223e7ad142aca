import { join } from 'node:path'
import { FlowError } from '../../errors/index.js'
import type { RosterEntry } from '../../flow/index.js'
import type { EndRecord } from '../../store/index.js'
import {
  type ChannelPlace,
  ChannelServer,
  type ControlHandlers,
  type NodeCertificate,
  type Peer,
} from '../channel/index.js'
import { ControlIdentity, KeyTable } from '../keys.js'
import type { Bootstrap, ControlAddress, FailureReport, LinkUp } from '../protocol.js'
import { newRendezvous, type RendezvousEvent, type RendezvousOutput, rendezvousStep } from '../rendezvous.js'
import { Bulk, bulkPlaces } from './bulk.js'
import { Countdown } from './countdown.js'
import { FactBoard, stopped } from './facts.js'
import { LaunchControl } from './launch-control.js'
import { withAge } from './launch-result.js'
import { NamedBarriers } from './named-barriers.js'
import type { Node } from './node.js'
import type { NodeNotice, NodeOperations } from './node-operations.js'
import { remoteNode } from './remote-node.js'
import type { Role } from './role.js'
import { isSharedLaunch, type SharedEnds, SharedLaunches } from './shared-launches.js'
import { attemptName } from './worker-role.js'

export interface ControlRoleOptions {
  readonly bootstrap: Bootstrap
  readonly node: () => Node
  readonly signal: AbortSignal
  readonly send: (message: LinkUp) => void
  /** A failure was told: by a worker, or by a loss that control itself sees. */
  readonly onFailure: (report: FailureReport) => void
}

/** In the attempt's directory, of nodes that are processes of one machine. */
const CONTROL_SOCKET = 'control'

/** Control: the channel's server, and everything that is counted in one place. */
export class ControlRole implements Role {
  readonly #options: ControlRoleOptions
  readonly #server: ChannelServer
  readonly #identity = ControlIdentity.create()
  readonly #facts = new FactBoard()
  readonly #barriers: NamedBarriers
  readonly #roster = Promise.withResolvers<readonly RosterEntry[]>()
  readonly #allReady: Countdown
  readonly #allDone: Countdown
  readonly bulk: Bulk
  #rendezvous: ReturnType<typeof newRendezvous>
  #deadline: NodeJS.Timeout | undefined
  #control:
    | { readonly nodes: readonly NodeOperations[]; readonly launches: LaunchControl; readonly shared: SharedLaunches }
    | undefined
  readonly #execs = new Map<string, (notice: NodeNotice) => void>()
  #isEnding = false

  constructor(options: ControlRoleOptions) {
    const { bootstrap } = options
    const { plan } = bootstrap
    this.#options = options
    this.bulk = new Bulk({ ...bulkPlaces(bootstrap), certificateOf: index => this.#certificateOf(index) })
    this.#rendezvous = newRendezvous(plan.size)
    this.#barriers = new NamedBarriers(plan.size)
    this.#allReady = new Countdown(plan.size)
    this.#allDone = new Countdown(plan.workers === 'body' ? plan.size : 1)
    this.#roster.promise.catch(() => undefined)
    this.#server = new ChannelServer({
      attempt: attemptName(bootstrap),
      keys: new KeyTable(bootstrap.keys ?? {}),
      identity: this.#identity,
      handlers: this.#handlers(),
      heartbeatMs: plan.timeouts.heartbeatMs,
      leaseMs: plan.timeouts.leaseMs,
    })
    this.#server.on('lost', (peer, _error, reason) =>
      this.#nodeLost({ node: peer.index, what: 'agent', excerpt: reason, at: Date.now() }),
    )
    this.#server.on('refused', refusal =>
      options.send({
        type: 'warning',
        message: `a connection from ${refusal.remoteAddress || 'this machine'} was refused (${refusal.reason}): ${refusal.message}`,
      }),
    )
    options.signal.addEventListener(
      'abort',
      () => {
        this.#roster.reject(stopped())
        this.#allReady.cancel()
        this.#allDone.cancel()
      },
      { once: true },
    )
  }

  get control(): Role['control'] {
    return this.#control
  }

  async listen(): Promise<ControlAddress> {
    const { address, places } = this.#options.bootstrap
    const place: ChannelPlace =
      places.logFile === undefined ? { host: address, port: 0 } : { path: join(places.attemptDir, CONTROL_SOCKET) }
    return { place: await this.#server.listen(place), publicKey: this.#identity.publicKey }
  }

  join(facts: Readonly<Record<string, unknown>>): Promise<readonly RosterEntry[]> {
    const { bootstrap } = this.#options
    this.#deadline = setTimeout(() => this.#step({ type: 'deadline' }), bootstrap.plan.timeouts.barrierMs)
    this.#step({
      type: 'join',
      index: 0,
      incarnation: bootstrap.incarnation,
      slots: bootstrap.plan.slots,
      address: bootstrap.address,
      facts,
    })
    return this.#roster.promise
  }

  async ready(): Promise<void> {
    this.#allReady.count()
    await this.#allReady.done
  }

  async publish(facts: Readonly<Record<string, unknown>>): Promise<void> {
    this.#publish(0, facts)
  }

  fact(name: string, { from, timeout }: { readonly from: number; readonly timeout: number }): Promise<unknown> {
    return this.#facts.wait(name, from, timeout, this.#options.signal)
  }

  barrier(name: string, timeout: number): Promise<void> {
    return this.#barriers.enterWithin(name, 0, timeout)
  }

  async broadcast(path: string): Promise<void> {
    const receivers = [...this.#server.peers.keys()].toSorted((a, b) => a - b)
    await this.bulk.broadcasts.send(path, receivers, {
      receive: (index, params) => this.#peer(index).call('broadcastReceive', params),
      end: (index, params) => this.#peer(index).call('broadcastEnd', params),
    })
  }

  async done(): Promise<void> {
    this.#allDone.count()
    await this.#allDone.done
    this.#isEnding = true
    this.#server.broadcast('release', { outcome: 'ok' })
  }

  notify(notice: NodeNotice): void {
    this.#notice(0, notice)
  }

  async endsOfAll(launch: string): Promise<SharedEnds> {
    return (await this.#control?.shared.endsOf(launch)) ?? { ends: [] }
  }

  fail(report: FailureReport): boolean {
    this.#options.onFailure(report)
    return true
  }

  /** The orchestrator says that a node's outermost process ended. */
  nodeEnded(end: EndRecord): void {
    const { node, exitCode, signal, excerpt } = end
    this.#step({ type: 'exit', index: node, exitCode: exitCode ?? null, signal: signal ?? null, stderr: excerpt })
    this.#nodeLost(end)
  }

  #nodeLost(end: EndRecord): void {
    if (this.#isEnding) return
    this.#options.onFailure({ end, outcome: 'lost', ageMs: 0 })
    // After the report: the channel tells a loss too, and knows less of it.
    this.#server.drop(end.node, end.excerpt)
  }

  /** Tells all workers to stop; settles when all that can answer have delivered SIGTERM and told what they knew. */
  async stopAll(reason: string, graceMs: number, timeoutMs: number): Promise<void> {
    this.#isEnding = true
    await Promise.allSettled(
      [...this.#server.peers.values()].map(peer => peer.call('stop', { reason, graceMs }, { timeout: timeoutMs })),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true
    clearTimeout(this.#deadline)
    await this.bulk[Symbol.asyncDispose]()
    await this.#server.close()
  }

  #certificateOf(index: number): Promise<NodeCertificate> {
    return index === 0 ? this.bulk.links.certificate() : this.#peer(index).call('certificate', {})
  }

  #peer(index: number): Peer {
    const peer = this.#server.peer(index)
    if (peer !== undefined) return peer
    throw new FlowError('FLOW_GANG_NO_SUCH_NODE', {
      message: `There is no node ${index} in this gang`,
      fix: `Use 0 to ${this.#options.bootstrap.plan.size - 1}.`,
    })
  }

  #step(event: RendezvousEvent): void {
    const { state, outputs } = rendezvousStep(this.#rendezvous, event)
    this.#rendezvous = state
    for (const output of outputs) this.#carryOut(output)
  }

  #carryOut(output: RendezvousOutput): void {
    const { bootstrap, send, onFailure } = this.#options
    switch (output.type) {
      case 'joined':
        send({ type: 'joined', node: output.index, address: '' })
        return
      case 'refused':
        send({ type: 'warning', message: `node ${output.index} came again and was refused (${output.reason})` })
        return
      case 'release': {
        clearTimeout(this.#deadline)
        this.#server.closeEntry()
        for (const entry of output.roster) this.#facts.add(entry.index, entry.facts)
        this.#server.broadcast('roster', { entries: output.roster })
        const nodes = output.roster.map(({ index }): NodeOperations => {
          const peer = this.#server.peer(index)
          return peer === undefined ? this.#options.node() : remoteNode(peer, this.#execs)
        })
        const { host } = this.#options.node()
        const launches = new LaunchControl({
          host,
          attemptDir: bootstrap.places.attemptDir,
          scriptsDir: bootstrap.places.scriptsDir,
          roster: output.roster,
          nodes,
          signal: this.#options.signal,
        })
        this.#control = { nodes, launches, shared: new SharedLaunches(nodes, host.graceMs) }
        this.#roster.resolve(output.roster)
        return
      }
      case 'failed': {
        clearTimeout(this.#deadline)
        const { failure } = output
        const [node = 0] = failure.nodes
        const names = failure.nodes.length === 1 ? 'it' : failure.nodes.map(index => `node ${index}`).join(', ')
        if (failure.reason === 'deadline') {
          onFailure({
            end: {
              node,
              what: 'join',
              excerpt: `${names} did not join within ${bootstrap.plan.timeouts.barrierMs} ms`,
              at: Date.now(),
            },
            outcome: 'lost',
            ageMs: 0,
          })
        }
      }
    }
  }

  #publish(node: number, facts: Readonly<Record<string, unknown>>): void {
    this.#facts.add(node, facts)
    this.#server.broadcast('facts', { node, facts })
  }

  #notice(node: number, notice: NodeNotice): void {
    const exec = this.#execs.get(notice.launch)
    if (exec !== undefined) exec(notice)
    else if (isSharedLaunch(notice.launch)) this.#control?.shared.notice(node, notice)
    else this.#control?.launches.notice(node, notice)
  }

  #handlers(): ControlHandlers {
    return {
      join: ({ slots, address, facts }, peer) =>
        this.#step({ type: 'join', index: peer.index, incarnation: peer.incarnation, slots, address, facts }),
      publish: ({ facts }, peer) => this.#publish(peer.index, facts),
      barrier: ({ name, timeoutMs }, peer) => this.#barriers.enterWithin(name, peer.index, timeoutMs),
      ready: () => this.#allReady.count(),
      bodyDone: () => this.#allDone.count(),
      failed: ({ end, outcome, ageMs, error }, peer) => {
        const { size } = this.#options.bootstrap.plan
        // Of a number that is no node's, the one that tells it.
        const node = end.node < size ? end.node : peer.index
        this.#options.onFailure({
          end: { ...end, node, at: Date.now() - ageMs },
          outcome,
          ageMs,
          ...(error === undefined ? {} : { error: error }),
        })
      },
      notice: (notice, peer) => this.#notice(peer.index, notice),
      launchEnds: async ({ launch }) => {
        const { ends, launcher } = await this.endsOfAll(launch)
        return { ends: ends.map(withAge), ...(launcher === undefined ? {} : { launcher: withAge(launcher) }) }
      },
      certificate: ({ of }) => this.#certificateOf(of),
      warning: ({ message }, peer) =>
        this.#options.send({ type: 'warning', message: `node ${peer.index}: ${message}` }),
    }
  }
}
