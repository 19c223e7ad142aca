import * as v from 'valibot'
import { expect, test } from 'vitest'
import { controlMethods, workerMethods } from '../../src/gang/channel/methods.js'

test('facts are a record: an array or text is refused', () => {
  const join = (facts: unknown): boolean => v.is(controlMethods.join.params, { slots: 1, address: '127.0.0.1', facts })
  expect(join({ rack: 'a' })).toBe(true)
  for (const facts of [['a'], 'a', null, undefined]) expect(join(facts)).toBe(false)
})

test('numbers are finite', () => {
  const stop = (graceMs: number): boolean => v.is(workerMethods.stop.params, { reason: 'a rank failed', graceMs })
  expect(stop(5_000)).toBe(true)
  for (const graceMs of [Infinity, NaN, -1]) expect(stop(graceMs)).toBe(false)
  const daemonEnded = { type: 'daemonEnded', launch: '1', key: 'a', status: Infinity }
  expect(v.is(controlMethods.notice.params, daemonEnded)).toBe(false)
})
