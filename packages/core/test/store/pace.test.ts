import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Pace } from '../../src/store/pace.js'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('the first call acts in this turn of the event loop, once for all calls in it', async () => {
  let acted = 0
  const pace = new Pace(() => void acted++)
  for (let i = 0; i < 10; i++) pace.soon()
  expect(acted).toBe(0)
  await turn()
  expect(acted).toBe(1)
})

test('what pours is acted upon in batches, and the last of it too', async () => {
  const batches: number[] = []
  let waiting = 0
  const pace = new Pace(() => {
    batches.push(waiting)
    waiting = 0
  })
  for (let i = 0; i < 1_000; i++) {
    waiting++
    pace.soon()
    await turn()
  }
  await sleep(20)
  expect(batches.reduce((sum, batch) => sum + batch)).toBe(1_000)
  expect(batches.length).toBeLessThan(500)
})

test('after a pause it acts at once again; cancelled, it does not act', async () => {
  let acted = 0
  const pace = new Pace(() => void acted++)
  pace.soon()
  await turn()
  await sleep(20)
  pace.soon()
  await turn()
  expect(acted).toBe(2)
  pace.soon()
  pace.cancel()
  await sleep(20)
  expect(acted).toBe(2)
})
