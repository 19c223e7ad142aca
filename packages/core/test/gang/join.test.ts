import { expect, it } from 'vitest'
import { simulateJoin } from './simulate-join.js'

// The time is measured by bench/; here it only has to work, with as many connections at once as a backlog can hurt.
it('lets a thousand workers join over TLS and releases them, in bounded memory', async () => {
  const measure = await simulateJoin(1000)
  expect(measure.nodes).toBe(1000)
  expect(measure.addedMB).toBeLessThan(200)
}, 60_000)
