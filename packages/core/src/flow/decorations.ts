import './metadata.js'
import { FlowError } from '../errors/index.js'
import type { Flow } from './flow.js'
import { stepsKey } from './keys.js'

/** What authoring needs to know of an extension; what else it is, gang/ knows. */
export interface StepExtension {
  readonly name: string
  /** The range of `@flow/core` versions it was made for. */
  readonly core: string
}

/** One decorator of a step, as data. */
export interface StepDecoration {
  /** The decorator's name without '@'. */
  readonly name: string
  readonly options: unknown
  /** Set when an extension's decorator made it: the step is a gang's, or one with `singleNode`. */
  readonly extension?: StepExtension
}

/** What every decorator that {@link gangDecorator} made takes beside its own options. */
export interface GangOptions {
  /**
   * An ordinary step, reached by a plain `this.next` and followed by no join, with the same `current` and programs of as
   * many ranks as its one node takes. Default false: a gang, reached by `numParallel`.
   */
  readonly singleNode?: boolean | undefined
}

/** An extension's decorator makes a step a gang's, unless it was told to stay on a single node. */
export function isGangDecoration({ extension, options }: StepDecoration): boolean {
  return extension !== undefined && (options as GangOptions | null | undefined)?.singleNode !== true
}

/** What a class itself says about one of its methods. */
export interface StepRecord {
  /** It has `@step`; a method may have other decorators and lack this one. */
  isStep: boolean
  /** As written, top down. */
  readonly decorations: StepDecoration[]
}

/** The context of a method that can be a {@link step}: neither static nor private. */
export type StepContext<This> = ClassMethodDecoratorContext<This> & { readonly static: false; readonly private: false }

declare const hint: unique symbol
/** A type that no decorator may return, so that a wrong use (`@parallel` without parentheses, see {@link parallel}) fails to compile with this text. */
export interface Misuse<H extends string> {
  readonly [hint]: H
}

/** A decorator of a step, as {@link step} is one, and as {@link gangDecorator} makes. */
export interface StepDecorator {
  <This extends Flow>(value: (this: This, ...args: never[]) => unknown, context: StepContext<This>): void
  (
    prototype: object,
    name: string | symbol,
    descriptor: PropertyDescriptor,
  ): Misuse<'Remove "experimentalDecorators" from tsconfig.json'>
}

/** A function that makes decorators of steps: `@name(options)`, never `@name`. */
export interface StepDecoratorFactory<N extends string, O> {
  (...args: {} extends O ? [options?: O] : [options: O]): StepDecorator
  <This extends Flow>(
    value: (this: This, ...args: never[]) => unknown,
    context: StepContext<This>,
  ): Misuse<`Write @${N}() with parentheses`>
}

/**
 * Makes a decorator that records `{ name, options, extension }` for the step it stands on.
 *
 * @param name The decorator's name without '@', for messages and for the record.
 * @param options Recorded as they are.
 * @param extension The extension whose decorator this is.
 */
export function makeStepDecorator(name: string, options: unknown, extension?: StepExtension): StepDecorator {
  return makeDecorator(name, record => {
    if (record.decorations.some(one => one.name === name)) return false
    record.decorations.unshift(extension === undefined ? { name, options } : { name, options, extension })
    return true
  })
}

/** Makes a factory whose decorators record its options under `name`. `check` may throw on options that cannot be. */
export function makeStepDecoratorFactory<N extends string, O>(
  name: N,
  check?: (options: O) => void,
): StepDecoratorFactory<N, O> {
  const factory = (...args: readonly unknown[]): StepDecorator => {
    refuseWithoutParentheses(name, args)
    const options = (args[0] ?? {}) as O
    check?.(options)
    return makeStepDecorator(name, options)
  }
  // The second call signature always throws: it exists for its type only.
  return factory as unknown as StepDecoratorFactory<N, O>
}

/**
 * Throws when a decorator factory was itself used as a decorator (`@mpi` instead of `@mpi()`).
 *
 * @param args The arguments that the factory got.
 * @throws `FLOW_DECORATOR_MISUSED`
 */
export function refuseWithoutParentheses(name: string, args: readonly unknown[]): void {
  const [value, context] = args
  const isStandard = typeof value === 'function' && isContext(context)
  const isLegacy =
    args.length >= 2 && typeof value === 'object' && (typeof context === 'string' || typeof context === 'symbol')
  if (!isStandard && !isLegacy) return
  const where = String(isStandard ? (context as { name: unknown }).name : context)
  throw misused(`@${name} on '${where}' has no parentheses`, `Write @${name}().`)
}

/** Makes a decorator that lets `record` change the record of its method; false means that it is there already. */
export function makeDecorator(name: string, record: (step: StepRecord) => boolean): StepDecorator {
  const decorator = (_value: unknown, context: unknown): void => {
    if (context === undefined) throw misused(`@${name} was called`, `Write @${name} without parentheses.`)
    if (!isContext(context)) throw legacy(name, context)
    const where = String(context.name)
    if (context.kind !== 'method' || context.static || context.private || typeof context.name !== 'string') {
      throw misused(`@${name} cannot stand on '${where}'`, 'Put it on a public method that is not static: a step.')
    }
    if (!record(ownRecord(context.metadata, where))) {
      throw misused(`Step '${where}' has @${name} twice`, `Keep one @${name}.`)
    }
  }
  // The second call signature always throws: it exists for its type only.
  return decorator as StepDecorator
}

/** The records of a class, base classes' included; a class that writes a method again starts its record anew. */
export function stepRecords(flowClass: object): ReadonlyMap<string, StepRecord> {
  const metadata = (flowClass as { [Symbol.metadata]?: DecoratorMetadataObject | null })[Symbol.metadata]
  const records = new Map<string, StepRecord>()
  const levels: object[] = []
  for (
    let level: object | null = metadata ?? null;
    level !== null;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    levels.unshift(level)
  }
  for (const level of levels) {
    if (!Object.hasOwn(level, stepsKey)) continue
    for (const [name, record] of (level as Record<symbol, Map<string, StepRecord>>)[stepsKey] ?? [])
      records.set(name, record)
  }
  return records
}

function ownRecord(metadata: DecoratorMetadataObject, name: string): StepRecord {
  // Metadata inherits by prototype: writing into a base class's map would change the base.
  if (!Object.hasOwn(metadata, stepsKey)) {
    Object.defineProperty(metadata, stepsKey, { value: new Map<string, StepRecord>() })
  }
  const own = metadata[stepsKey] as Map<string, StepRecord>
  const record = own.get(name) ?? { isStep: false, decorations: [] }
  own.set(name, record)
  return record
}

function isContext(value: unknown): value is DecoratorContext {
  return typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value
}

function legacy(name: string, key: unknown): FlowError {
  return new FlowError('FLOW_DECORATOR_MISUSED', {
    message: `@${name} on '${String(key)}' was compiled as a decorator of the old kind`,
    why: 'tsconfig.json has "experimentalDecorators": true; Flow needs standard decorators.',
    fix: 'Remove "experimentalDecorators" (and "emitDecoratorMetadata") from tsconfig.json.',
  })
}

function misused(message: string, fix: string): FlowError {
  return new FlowError('FLOW_DECORATOR_MISUSED', { message, fix })
}
