import { FlowError } from '../errors/index.js'

/** The longest that a timer of Node.js can wait, in milliseconds. */
export const MAX_TIMER_MS = 2 ** 31 - 1

/** The error for options of a decorator that cannot be. */
export function badOptions(decorator: string, what: string, fix: string): FlowError {
  return new FlowError('FLOW_DECORATOR_OPTIONS', { message: `@${decorator}: ${what}`, fix })
}

/** Refuses options that the decorator does not have: a misspelt one would be left out without a word. */
export function refuseUnknownOptions(decorator: string, options: object, known: readonly string[]): void {
  const list = known.join(', ')
  if (typeof options !== 'object' || Array.isArray(options))
    throw badOptions(decorator, `its options are ${JSON.stringify(options)}`, `Give an object with: ${list}.`)
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined) throw badOptions(decorator, `it has no option '${unknown}'`, `Use some of: ${list}.`)
}
