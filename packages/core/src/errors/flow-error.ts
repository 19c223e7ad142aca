import type { CoreErrorCode } from './codes.js'

/** A place in a source file, as a {@link FlowError} names it. `line` and `column` count from 1. */
export interface SourcePosition {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** What a {@link FlowError} is made of. */
export interface FlowErrorOptions {
  /** What happened, in one sentence. */
  readonly message: string
  /** Why it happened, where that is not plain from the message. */
  readonly why?: string | undefined
  /** What the reader can do now. */
  readonly fix?: string | undefined
  readonly at?: SourcePosition | undefined
  /** Lines of the source around `at`, ready to print. */
  readonly frame?: string | undefined
  /** Facts for programs: exit codes, ranks, node names. Must survive a structured clone. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

// One brand for all copies of core in a process: the orchestrator's own and the one in the code package.
const brand = Symbol.for('@flow/core.FlowError')

/**
 * Every error that a person can meet: a code, what happened, why, and what to do.
 *
 * @example
 * try {
 *   await current.gang.fact('address', { from: 0, timeout: 5_000 })
 * } catch (error) {
 *   if (!FlowError.is(error) || error.code !== 'FLOW_GANG_FACT_TIMEOUT') throw error
 *   console.log(error.message, error.fix)
 * }
 */
export class FlowError extends Error {
  static {
    Object.defineProperty(this.prototype, brand, { value: true })
    Object.defineProperty(this.prototype, 'name', { value: 'FlowError', writable: true, configurable: true })
  }

  readonly code: CoreErrorCode | (string & {})
  readonly why: string | undefined
  readonly fix: string | undefined
  readonly at: SourcePosition | undefined
  readonly frame: string | undefined
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: CoreErrorCode | (string & {}), options: FlowErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.why = options.why
    this.fix = options.fix
    this.at = options.at
    this.frame = options.frame
    this.details = options.details ?? {}
  }

  /** True for a FlowError of any copy of core. */
  static is(error: unknown): error is FlowError {
    return typeof error === 'object' && error !== null && brand in error
  }
}
