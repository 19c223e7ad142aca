import { expect, test } from 'vitest'
import { catchFailure, retry, timeout } from '../../src/flow/index.js'
import { isRetried, waitForRetry, withinTimeout } from '../../src/run/attempts.js'
import type { AttemptEnd } from '../../src/run/task-context.js'

const end = (outcome: AttemptEnd['verdict']['outcome']): AttemptEnd => ({
  verdict: { outcome, message: outcome, victims: [], timeline: {} },
  artifacts: [],
  served: false,
})

test('what is retried', () => {
  expect(isRetried({}, 0, end('user-error'))).toBe(false)
  expect([0, 1, 2, 3].map(attempt => isRetried({ retry: {} }, attempt, end('lost')))).toEqual([true, true, true, false])
  expect(isRetried({ retry: { on: ['lost'] } }, 0, end('user-error'))).toBe(false)
  for (const outcome of ['ok', 'cancelled'] as const) expect(isRetried({ retry: {} }, 0, end(outcome))).toBe(false)
})

test('options that cannot be are coded errors', () => {
  const coded = expect.objectContaining({ code: 'FLOW_DECORATOR_OPTIONS' })
  for (const options of [
    { times: 0 },
    { times: 1.5 },
    { delay: -1 },
    { on: ['ok' as 'lost'] },
    { on: 'lost' as never },
    { on: [] },
    { time: 5 } as object,
    5 as never,
  ])
    expect(() => retry(options)).toThrow(coded)
  for (const options of [
    {},
    { seconds: 0 },
    { hours: 1000 },
    { minutes: Number.NaN },
    { minutes: 1, seconds: -5 },
    { minutes: 1, seconds: '5' as never },
    { minutes: 1, second: 5 } as object,
  ])
    expect(() => timeout(options)).toThrow(coded)
  for (const options of [{ as: '' }, { as: 'a b' }, { as: 3 as never }, { to: 'failure' } as object])
    expect(() => catchFailure(options)).toThrow(coded)
})

test('a timeout is said in the verdict, a stop of the run is not taken for one', async () => {
  const stop = new AbortController()
  const untilAborted = (signal: AbortSignal): Promise<AttemptEnd> =>
    new Promise(resolve => signal.addEventListener('abort', () => resolve(end('cancelled'))))
  expect((await withinTimeout(10, stop.signal, untilAborted)).verdict.outcome).toBe('timeout')
  const stopped = withinTimeout(3_600_000, stop.signal, untilAborted)
  stop.abort()
  expect((await stopped).verdict.outcome).toBe('cancelled')
  await waitForRetry(3_600_000, stop.signal)
})
