import { conformance } from '@flow/core/testing'
import { describe, expect, test } from 'vitest'
import { kits } from '../conformance/extensions.js'

// The machines of CI are busy: what is promised are 500 ms, and `npm run faults` holds them.
const stopWithinMs = 2_000

/** What needs no launcher is shown with one of the two: each takes seconds. */
const leftOut: Readonly<Record<string, RegExp>> = {
  parallel: /(?:supervisor .*|body .*|a rank) is stopped|three leases/,
  mpi: /stopped for longer/,
}

describe.each(['parallel', 'mpi'])('%s', name => {
  const kit = kits[name]
  const checks = kit === undefined ? [] : conformance(kit.extension, kit.program, { stopWithinMs })
  test.for(checks.filter(({ fault }) => leftOut[name]?.test(fault) !== true))('$fault', async check => {
    await expect(check.run()).resolves.toBeUndefined()
  })
})

// The rows that `npm run faults` tries are too many for CI under frameworks that take seconds to start: one each.
describe.each(['torchrun', 'deepspeed', 'tensorflow'])('%s', name => {
  const kit = kits[name]
  const faults = ['a rank exits with 3']
  const checks = kit === undefined ? [] : conformance(kit.extension, kit.program, { faults, stopWithinMs })
  // The first makes the environment: frameworks are large.
  test.for(checks)('$fault', { timeout: 600_000 }, async check => {
    await expect(check.run()).resolves.toBeUndefined()
  })
})
