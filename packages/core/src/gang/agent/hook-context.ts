import { join, relative, isAbsolute } from 'node:path'
import { FlowError } from '../../errors/index.js'
import type { Current, ProgramOptions, ProgramResult, RosterEntry } from '../../flow/index.js'
import type {
  BuiltInKey,
  ControlContext,
  LaunchSpec,
  LocalLaunchSpec,
  PortLease,
  Service,
  ServiceSpec,
} from '../hooks/index.js'
import type { GangPlan } from '../plan.js'
import type { Node } from './node.js'
import type { Role } from './role.js'
import { startService } from './service.js'

export interface HookContextOptions {
  readonly node: Node
  readonly role: Role
  readonly signal: AbortSignal
  readonly launchLocal: (spec: LocalLaunchSpec) => Promise<ProgramResult>
  /** A service ended on its own. */
  readonly onServiceEnd: (
    name: string,
    status: { readonly exitCode: number | null; readonly signal: string | null },
    excerpt: string,
  ) => void
}

/** What taps get. One object through a node's life: what a hook may use of it, its type says. */
export class HookContext implements ControlContext {
  readonly plan: GangPlan
  readonly task: string
  readonly attempt: number
  readonly isControl: boolean
  readonly dir: string
  readonly workDir: string
  readonly signal: AbortSignal
  /** What taps provided for the body, by key of `current`. */
  readonly provided = new Map<string, object>()
  readonly #options: HookContextOptions
  #facts: Readonly<Record<string, unknown>> = {}
  #roster: readonly RosterEntry[] | undefined

  constructor(options: HookContextOptions) {
    const { bootstrap, workDir } = options.node
    this.#options = options
    this.plan = bootstrap.plan
    this.task = bootstrap.task
    this.attempt = bootstrap.identity.attempt
    this.isControl = bootstrap.index === 0
    this.dir = bootstrap.places.nodeDir
    this.workDir = workDir
    this.signal = options.signal
  }

  get me(): RosterEntry {
    const { index, name, address, plan } = this.#options.node.bootstrap
    return this.#roster?.[index] ?? { index, name, address, slots: plan.slots, facts: this.#facts }
  }

  get env(): Readonly<Record<string, string>> {
    return this.#options.node.env
  }

  get roster(): readonly RosterEntry[] {
    if (this.#roster === undefined) throw tooEarly('the roster')
    return this.#roster
  }

  /** The barrier was passed. */
  enter(roster: readonly RosterEntry[]): void {
    this.#roster = roster
  }

  async publish(facts: Readonly<Record<string, unknown>>): Promise<void> {
    this.#facts = { ...this.#facts, ...facts }
    // Before the barrier the join carries them.
    if (this.#roster !== undefined) await this.#options.role.publish(facts)
  }

  exec(command: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    return this.#options.node.exec(command, options)
  }

  own(resource: Disposable | AsyncDisposable): void {
    this.#options.node.own(resource)
  }

  log(line: string): void {
    this.#options.node.log.note(line)
  }

  lease(): Promise<PortLease> {
    return this.#options.node.lease()
  }

  async fact(name: string, { from, timeout }: { readonly from: number; readonly timeout?: number }): Promise<unknown> {
    const { size } = this.plan
    if (!Number.isInteger(from) || from < 0 || from >= size) throw noSuchNode(from, size)
    return this.#options.role.fact(name, { from, timeout: timeout ?? this.plan.timeouts.barrierMs })
  }

  barrier(name: string, { timeout }: { readonly timeout?: number } = {}): Promise<void> {
    return this.#options.role.barrier(name, timeout ?? this.plan.timeouts.barrierMs)
  }

  setEnv(name: string, value: string): void {
    this.#options.node.setEnv(name, value)
  }

  async service(spec: ServiceSpec): Promise<Service> {
    const service = await startService(this.#options.node.host, spec, this.signal, (status, excerpt) =>
      this.#options.onServiceEnd(spec.name, status, excerpt),
    )
    this.own(service)
    return service
  }

  provide<K extends Exclude<keyof Current, BuiltInKey>>(key: K, value: Current[K]): void {
    if (typeof value !== 'object' || value === null) {
      throw new FlowError('FLOW_HOOK_MISUSED', {
        message: `provide('${String(key)}') got a ${typeof value}`,
        fix: 'Provide an object.',
      })
    }
    this.provided.set(String(key), value)
  }

  async execOn(node: number, command: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    if (node === this.me.index) return this.exec(command, options)
    const { control } = this.#options.role
    if (control === undefined) {
      throw new FlowError('FLOW_GANG_NOT_CONTROL', {
        message: `Node ${this.me.index} cannot run a program on node ${node}`,
        why: 'Only control may run programs on other nodes.',
        fix: 'Ask for it in the body of node 0, or publish a fact that control acts on.',
      })
    }
    const target = control.nodes[node]
    if (target === undefined) throw noSuchNode(node, control.nodes.length)
    return target.exec(command, options)
  }

  async broadcast(path: string): Promise<void> {
    const place = relative(this.workDir, join(this.workDir, path))
    if (place.startsWith('..') || isAbsolute(path)) {
      throw new FlowError('FLOW_GANG_BROADCAST_OUTSIDE', {
        message: `broadcast('${path}'): the path is outside of the working directory`,
        why: 'Other nodes have no such place.',
        fix: 'Copy the file into the working directory and give its relative path.',
      })
    }
    await this.#options.role.broadcast(place)
  }

  launchLocal(spec: LocalLaunchSpec): Promise<ProgramResult> {
    return this.#options.launchLocal(spec)
  }

  launch(spec: LaunchSpec): Promise<ProgramResult> {
    const { control } = this.#options.role
    if (control === undefined) throw tooEarly('a launch')
    return control.launches.run(spec)
  }
}

function noSuchNode(node: number, size: number): FlowError {
  return new FlowError('FLOW_GANG_NO_SUCH_NODE', {
    message: `There is no node ${node}: the gang has ${size === 1 ? '1 node' : `${size} nodes`}`,
    fix: size === 1 ? 'Use 0.' : `Use 0 to ${size - 1}.`,
  })
}

function tooEarly(what: string): FlowError {
  return new FlowError('FLOW_HOOK_MISUSED', {
    message: `${what} is asked for before the barrier, or on a worker`,
    fix: 'Use it in onControl, or what it is for in onReady.',
  })
}
