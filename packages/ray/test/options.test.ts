import { expect, test } from 'vitest'
import { checkOptions, type RayOptions } from '../src/options.js'

test.for<RayOptions>([
  {},
  { startTimeout: 1, objectStoreMemory: 80, auth: 'none' },
  { storagePath: '/shared/results' },
  { storagePath: 's3://bucket/results' },
])('%j is taken', options => {
  expect(() => checkOptions(options)).not.toThrow()
})

test.for<unknown>([
  { startTimeout: 0 },
  { startTimeout: Number.NaN },
  { startTimeout: '60s' },
  { objectStoreMemory: 79 },
  { storagePath: 'results' },
  { storagePath: './s3://results' },
  { storagePath: '' },
  { auth: 'secret' },
])('%j is refused', options => {
  expect(() => checkOptions(options as RayOptions)).toThrow(expect.objectContaining({ code: 'FLOW_RAY_OPTIONS' }))
})
