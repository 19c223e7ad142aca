import { FlowError } from '../errors/index.js'
import type { GangApi } from './gang-api.js'

/** `parallel` of {@link current}: where this node stands in its gang (Metaflow's names). */
export interface ParallelInfo {
  /** Address of control. */
  readonly mainIp: string
  readonly numNodes: number
  /** 0 on control. */
  readonly nodeIndex: number
  /** The id of the gang's one task. */
  readonly controlTaskId: string
}

/**
 * What a step can know of itself by {@link current}. Extensions add their keys by declaration merging:
 * `declare module '@flow/core' { interface Current { readonly mpi: Mpi } }`.
 */
export interface Current {
  readonly flowName: string
  readonly runId: string
  readonly stepName: string
  readonly taskId: string
  /** 0 for the first attempt. */
  readonly attempt: number
  /** `Flow/run/step/task`, with `@node` in a gang. */
  readonly path: string
  readonly parameters: Readonly<Record<string, unknown>>
  /** A directory for this attempt alone; it goes away with it. */
  readonly tempDir: string
  /** In a gang only. */
  readonly parallel: ParallelInfo
  /** In a gang only. */
  readonly gang: GangApi
}

/** Keys of `current` that core itself fills. */
export type BuiltInKey =
  | 'flowName'
  | 'runId'
  | 'stepName'
  | 'taskId'
  | 'attempt'
  | 'path'
  | 'parameters'
  | 'tempDir'
  | 'parallel'
  | 'gang'

// On globalThis: the flow's bundle and the process that runs it may each hold a copy of core.
const slot = Symbol.for('@flow/core.current')
const holder = globalThis as { [slot]?: Readonly<Record<string, unknown>> | undefined }

/** Sets what `current` shows in this process, or with undefined takes it away. For the process that runs a step. */
export function setCurrent(values: Readonly<Record<string, unknown>> | undefined): void {
  holder[slot] = values
}

// What the language and tools ask any object for (await, JSON, console, assertion libraries): they get "nothing".
const asked = new Set([
  'then',
  'toJSON',
  'constructor',
  'inspect',
  'asymmetricMatch',
  'nodeType',
  'toString',
  'valueOf',
])

// On the prototype: a proxy must list the fixed properties of its own target among its keys.
const target = Object.create(
  Object.create(null, {
    [Symbol.for('nodejs.util.inspect.custom')]: { value: () => ({ ...holder[slot] }) },
    [Symbol.toStringTag]: { value: 'Current' },
  }) as object,
) as object

/**
 * The step that runs now: its names, its gang, and what the step's extensions provide (`current.mpi`, ...).
 *
 * @throws `FLOW_CURRENT_OUTSIDE_STEP` when a field is read while no step runs, `FLOW_CURRENT_MISSING` when the step has
 * no such field (no gang, or a decorator is missing), `FLOW_CURRENT_READ_ONLY` on a write. `'mpi' in current` never throws.
 *
 * @example
 * console.log(current.path, current.parallel.nodeIndex)
 */
export const current = new Proxy(target, {
  get(_, key) {
    const values = holder[slot]
    if (values !== undefined && Object.hasOwn(values, key)) return Reflect.get(values, key)
    if (typeof key === 'symbol') return Reflect.get(target, key)
    if (asked.has(key)) return undefined
    throw values === undefined ? outside(key) : missing(key, String(values['stepName']))
  },
  has: (_, key) => holder[slot] !== undefined && Object.hasOwn(holder[slot], key),
  ownKeys: () => Reflect.ownKeys(holder[slot] ?? {}),
  getOwnPropertyDescriptor(_, key) {
    const values = holder[slot]
    if (values === undefined || !Object.hasOwn(values, key)) return undefined
    return { value: Reflect.get(values, key), enumerable: true, configurable: true, writable: false }
  },
  set: (_, key) => refuse(key),
  defineProperty: (_, key) => refuse(key),
  deleteProperty: (_, key) => refuse(key),
}) as Current

function outside(key: string): FlowError {
  return new FlowError('FLOW_CURRENT_OUTSIDE_STEP', {
    message: `current.${key} was read while no step runs`,
    why: '`current` tells about the step that runs now: there is none at the top of a module or in a field initialiser.',
    fix: `Read current.${key} inside a step.`,
  })
}

function missing(key: string, step: string): FlowError {
  const isGangKey = key === 'parallel' || key === 'gang'
  return new FlowError('FLOW_CURRENT_MISSING', {
    message: isGangKey
      ? `current.${key} is not here: step ${step} does not run on a gang`
      : `current.${key} is not here: step ${step} has no @${key}()`,
    fix: isGangKey
      ? `Mark step ${step} with @parallel() or an extension's decorator, and reach it by numParallel.`
      : `Write @${key}() above step ${step}, or correct the name.`,
    details: { key, step },
  })
}

function refuse(key: string | symbol): never {
  throw new FlowError('FLOW_CURRENT_READ_ONLY', {
    message: `current.${String(key)} cannot be written`,
    why: '`current` is a view of the running step.',
    fix: 'Keep values of your own in variables, or in fields of the flow.',
  })
}
