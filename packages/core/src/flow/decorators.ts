import { makeStepDecoratorFactory } from './decorations.js'
import { badOptions, MAX_TIMER_MS, refuseUnknownOptions } from './decorator-options.js'

/** Options of {@link environment}. */
export interface EnvironmentOptions {
  /** Variables by name. */
  readonly vars: Readonly<Record<string, string>>
}

/**
 * Sets environment variables for a step: its body and all programs it starts, on every node.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` when a name or value cannot be an environment variable.
 *
 * @example
 * export default class Train extends Flow {
 *   @environment({ vars: { OMP_NUM_THREADS: '1' } })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const environment = makeStepDecoratorFactory('environment', (options: EnvironmentOptions) => {
  refuseUnknownOptions('environment', options, ['vars'])
  if (!isRecord(options.vars))
    throw badOptions('environment', 'vars must be a record of strings', "@environment({ vars: { NAME: 'value' } })")
  for (const [name, value] of Object.entries(options.vars)) {
    if (!/^[^=\0]+$/.test(name))
      throw badOptions('environment', `'${name}' is no name for a variable`, 'Use letters, digits and _.')
    if (typeof value !== 'string' || value.includes('\0'))
      throw badOptions('environment', `the value of ${name} is not a string`, `${name}: String(value)`)
  }
})

/** Options of {@link resources}. */
export interface ResourcesOptions {
  /** Cores of each node, and so the ranks it takes. Default 1. */
  readonly cpu?: number
  /** Memory of each node in MB. */
  readonly memory?: number
  /** GPUs of each node. */
  readonly gpu?: number
}

/**
 * Says what a step needs, for each node of a gang.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` unless cpu is an integer of 1 or more, memory above 0, gpu an integer of 0 or more.
 *
 * @example
 * export default class Train extends Flow {
 *   @resources({ cpu: 2, memory: 4096 })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const resources = makeStepDecoratorFactory('resources', (options: ResourcesOptions) => {
  refuseUnknownOptions('resources', options, ['cpu', 'memory', 'gpu'])
  const { cpu, memory, gpu } = options
  if (cpu !== undefined && !(Number.isInteger(cpu) && cpu >= 1))
    throw badOptions('resources', `cpu is ${show(cpu)}`, 'Use an integer of 1 or more.')
  if (memory !== undefined && !(Number.isFinite(memory) && memory > 0))
    throw badOptions('resources', `memory is ${show(memory)}`, 'Use a number of MB above 0.')
  if (gpu !== undefined && !(Number.isInteger(gpu) && gpu >= 0))
    throw badOptions('resources', `gpu is ${show(gpu)}`, 'Use an integer of 0 or more.')
})

/** Options of {@link gangTimeouts}, all in milliseconds. */
export interface GangTimeoutsOptions {
  /** How often each side of a connection says that it is there. Default 3,000, or a third of a shorter `lease`. */
  readonly heartbeat?: number
  /** A node that says nothing for so long is lost. Default 10,000, or three times a longer `heartbeat`. */
  readonly lease?: number
  /** How long all nodes may take to join. Default 60,000. */
  readonly barrier?: number
  /** What a node's programs get between SIGTERM and SIGKILL. Default 5,000. */
  readonly grace?: number
}

/**
 * Sets the waits of a step's gang, in milliseconds. They are part of the plan that `flow run --dry-run` prints.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` unless each is an integer of 1 or more (at most 2,147,483,647), and `lease` at
 * least twice `heartbeat`.
 *
 * @example
 * export default class Train extends Flow {
 *   @step start() { this.next(this.work, { numParallel: 2 }) }
 *   @gangTimeouts({ lease: 30_000, grace: 20_000 })
 *   @parallel()
 *   @step work() { this.next(this.join) }
 *   @step join(inputs: Inputs<this>) { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const gangTimeouts = makeStepDecoratorFactory('gangTimeouts', (options: GangTimeoutsOptions) => {
  refuseUnknownOptions('gangTimeouts', options, ['heartbeat', 'lease', 'barrier', 'grace'])
  const { heartbeat, lease, barrier, grace } = options
  for (const [name, value] of Object.entries({ heartbeat, lease, barrier, grace })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= MAX_TIMER_MS))
      throw badOptions('gangTimeouts', `${name} is ${show(value)}`, 'Use milliseconds: an integer of 1 or more.')
  }
  if (heartbeat !== undefined && lease !== undefined && lease < 2 * heartbeat)
    throw badOptions(
      'gangTimeouts',
      `lease (${lease}) is less than twice heartbeat (${heartbeat})`,
      'Let one heartbeat come late: use a lease of two heartbeats or more.',
    )
})

/** Options of {@link pypi}. */
export interface PypiOptions {
  /** Version of Python, e.g. '3.11'. Default: the python3 that is there. */
  readonly python?: string
  /** Versions by package: '4.1.2', a specifier as '>=4', or '' for any. */
  readonly packages: Readonly<Record<string, string>>
  /** Address of the package index. Default: pip's own setting. */
  readonly index?: string
  /** Further indexes. Default: pip's own setting. */
  readonly extraIndex?: readonly string[]
  /** Directories or pages with packages. Default: pip's own setting. */
  readonly findLinks?: readonly string[]
}

/**
 * Gives a step a Python environment with these packages, made once and shared by all its nodes; its programs come
 * first on PATH.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` when packages is not a record of strings.
 *
 * @example
 * class Train extends Flow {
 *   @pypi({ packages: { numpy: '2.2.0' } })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const pypi = makeStepDecoratorFactory('pypi', (options: PypiOptions) => {
  refuseUnknownOptions('pypi', options, ['python', 'packages', 'index', 'extraIndex', 'findLinks'])
  if (!isRecord(options.packages))
    throw badOptions('pypi', 'packages must be a record of versions', "@pypi({ packages: { numpy: '2.2.0' } })")
  for (const [name, version] of Object.entries(options.packages)) {
    if (!/^[A-Za-z0-9][\w.-]*(\[[\w.,\s-]*\])?$/.test(name))
      throw badOptions('pypi', `'${name}' is no name of a Python package`, "packages: { numpy: '2.2.0' }")
    if (typeof version !== 'string')
      throw badOptions('pypi', `the version of ${name} is not a string`, `${name}: '${show(version)}'`)
  }
})

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
