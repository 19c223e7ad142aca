import type { SerializedError } from '../errors/index.js'

/** Whose fault it is that a body failed: the system's where the store could not be read or written, else the step's. */
export function bodyOutcome(error: SerializedError | undefined): 'system-error' | 'user-error' {
  return error?.code !== undefined && /^FLOW_(STORE|BLOB)_/.test(error.code) ? 'system-error' : 'user-error'
}
