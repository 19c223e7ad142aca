import { makeStepDecoratorFactory } from './decorations.js'
import { badOptions, MAX_TIMER_MS, refuseUnknownOptions } from './decorator-options.js'

/** Ends of an attempt that can be retried: all but a good one, and one that somebody asked for. */
const RETRIABLE = ['user-error', 'system-error', 'preempted', 'timeout', 'lost'] as const

/** Options of {@link retry}. */
export interface RetryOptions {
  /** How many further attempts a task gets. Default 3. */
  readonly times?: number
  /** Milliseconds before each further attempt. Default 0. */
  readonly delay?: number
  /** Outcomes that are retried. Default: all of them; a cancelled task never is. */
  readonly on?: readonly (typeof RETRIABLE)[number][]
}

/**
 * Tries a step again when it failed: a gang whole, under a new attempt number (`current.attempt`), once everything of the
 * old attempt has ended. Artifacts are those of the attempt that went well.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` unless times is an integer of 1 or more, delay 0 or more (at most 2,147,483,647), and
 * `on` a list of one or more outcomes.
 *
 * @example
 * export default class Train extends Flow {
 *   @retry({ times: 2, delay: 1_000, on: ['lost', 'system-error'] })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const retry = makeStepDecoratorFactory('retry', (options: RetryOptions) => {
  refuseUnknownOptions('retry', options, ['times', 'delay', 'on'])
  const { times, delay, on } = options
  if (times !== undefined && !(Number.isInteger(times) && times >= 1))
    throw badOptions('retry', `times is ${String(times)}`, 'Use an integer of 1 or more.')
  if (delay !== undefined && !(Number.isFinite(delay) && delay >= 0 && delay <= MAX_TIMER_MS))
    throw badOptions('retry', `delay is ${String(delay)}`, 'Use milliseconds: a number of 0 or more.')
  if (on !== undefined && !(Array.isArray(on) && on.length > 0))
    throw badOptions('retry', 'on is no list of outcomes', "on: ['lost', 'timeout']")
  const known: readonly string[] = RETRIABLE
  const wrong = on?.find(outcome => !known.includes(outcome))
  if (wrong !== undefined) throw badOptions('retry', `on has '${wrong}'`, `Use some of: ${RETRIABLE.join(', ')}.`)
})

/** Options of {@link timeout}: added up. */
export interface TimeoutOptions {
  readonly seconds?: number
  readonly minutes?: number
  readonly hours?: number
}

/**
 * Ends a step that runs longer, a gang with all its nodes: SIGTERM, the grace, SIGKILL. Each attempt has the whole time.
 * The outcome is `timeout`.
 *
 * @throws `FLOW_DECORATOR_OPTIONS` unless each is a number of 0 or more, and they make more than 0 and at most 24 days.
 *
 * @example
 * export default class Train extends Flow {
 *   @timeout({ minutes: 10 })
 *   @step start() { this.next(this.end) }
 *   @step end() {}
 * }
 */
export const timeout = makeStepDecoratorFactory('timeout', (options: TimeoutOptions) => {
  const units = ['seconds', 'minutes', 'hours'] as const
  refuseUnknownOptions('timeout', options, units)
  for (const name of units) {
    const value: unknown = options[name]
    if (value !== undefined && !(typeof value === 'number' && value >= 0))
      throw badOptions('timeout', `${name} is ${JSON.stringify(value)}`, 'Use a number of 0 or more.')
  }
  const ms = timeoutMs(options)
  if (!(ms > 0 && ms <= MAX_TIMER_MS))
    throw badOptions(
      'timeout',
      `it is ${String(ms / 1000)} seconds`,
      'Give seconds, minutes or hours; at most 24 days.',
    )
})

/** Milliseconds. */
export function timeoutMs({ seconds = 0, minutes = 0, hours = 0 }: TimeoutOptions): number {
  return ((hours * 60 + minutes) * 60 + seconds) * 1000
}
