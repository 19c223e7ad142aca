import { FlowError, type SourcePosition } from './flow-error.js'

/** An error as data, to cross a process or a network. */
export interface SerializedError {
  readonly name: string
  readonly message: string
  readonly stack?: string | undefined
  readonly code?: string | undefined
  readonly why?: string | undefined
  readonly fix?: string | undefined
  readonly at?: SourcePosition | undefined
  readonly frame?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: SerializedError | undefined
}

const MAX_CAUSES = 8

/** Turns anything thrown into data; causes are kept to a depth of eight. */
export function serializeError(thrown: unknown, depth = 0): SerializedError {
  if (!(thrown instanceof Error) && !FlowError.is(thrown)) return { name: 'Error', message: describeThrown(thrown) }
  // Of several errors the first stands for all.
  const inner: unknown = thrown.cause ?? (thrown instanceof AggregateError ? thrown.errors[0] : undefined)
  const cause = inner === undefined || depth >= MAX_CAUSES ? undefined : serializeError(inner, depth + 1)
  const base = { name: thrown.name, message: thrown.message, stack: thrown.stack, cause }
  if (FlowError.is(thrown)) {
    const { code, why, fix, at, frame, details } = thrown
    return { ...base, code, why, fix, at, frame, details }
  }
  const code = (thrown as { code?: unknown }).code
  return typeof code === 'string' ? { ...base, code } : base
}

/**
 * The stack of an error and, below it, those of its causes: `fetch failed` alone says nothing. The causes of a coded
 * error are left out: its text says what they mean.
 */
export function stackWithCauses({ name, message, stack, code, cause }: SerializedError): string {
  const own = stack ?? `${name}: ${message}`
  return cause === undefined || code?.startsWith('FLOW_') === true ? own : `${own}\ncaused by ${stackWithCauses(cause)}`
}

/** The inverse: a {@link FlowError} where the data has a Flow code, else an Error of the same name and stack. */
export function deserializeError(data: SerializedError): Error {
  const cause = data.cause === undefined ? undefined : deserializeError(data.cause)
  const error = data.code?.startsWith('FLOW_')
    ? new FlowError(data.code, { ...data, cause })
    : Object.assign(
        new Error(data.message, cause === undefined ? undefined : { cause }),
        data.code === undefined ? {} : { code: data.code },
      )
  if (error.name !== data.name) Object.defineProperty(error, 'name', { value: data.name, configurable: true })
  if (data.stack !== undefined)
    Object.defineProperty(error, 'stack', { value: data.stack, configurable: true, writable: true })
  return error
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    return `a value that is not an Error was thrown: ${JSON.stringify(thrown) ?? String(thrown)}`
  } catch {
    return `a value that is not an Error was thrown: ${String(thrown)}`
  }
}
