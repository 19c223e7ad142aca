import { FlowError } from '../errors/index.js'

/** The longest that a timer of Node.js can wait, in milliseconds. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** The error for options of a decorator that cannot be. */
export function badOptions(decorator: string, what: string, fix: string): FlowError {
  return new FlowError('FLOW_DECORATOR_OPTIONS', { message: `@${decorator}: ${what}`, fix })
}
