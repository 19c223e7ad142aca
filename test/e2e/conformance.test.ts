import { conformance, randomFaults } from '@flow/core/testing'
import { describe, expect, test } from 'vitest'
import { kits } from '../conformance/extensions.js'

// The machines of CI are busy: what is promised are 500 ms, and `npm run faults` holds them.
const stopWithinMs = 2_000

describe.each(['parallel', 'mpi'])('%s', name => {
  const kit = kits[name]
  const checks = kit === undefined ? [] : conformance(kit.extension, kit.program, { stopWithinMs })
  test.for(checks)('$fault', async check => {
    await expect(check.run()).resolves.toBeUndefined()
  })
})

describe('random faults', () => {
  const kit = kits['parallel']
  const checks = kit === undefined ? [] : randomFaults(kit.extension, kit.program, { count: 6 })
  test.for(checks)('$fault', async check => {
    await expect(check.run()).resolves.toBeUndefined()
  })
})
