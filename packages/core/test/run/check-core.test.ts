import { expect, test } from 'vitest'
import { gangDecorator, parallel } from '../../src/gang/index.js'
import { checkCore } from '../../src/run/check-core.js'

const uses = (core: string) => {
  const inner = gangDecorator({ name: 'inner', core, setup: () => undefined })
  const outer = gangDecorator({ name: 'outer', core: '^1.0.0', uses: [inner], setup: () => undefined })
  return [{ extension: outer.extension, options: {} }]
}

test.each(['^1.2.0', '>=1 <3', '1.x', '^1.2.0 || ^2.0.0'])('core 1.2.3 is one for %s', core => {
  expect(() => checkCore(uses(core), '1.2.3')).not.toThrow()
})

test.each(['^0.1.0', '^2.0.0', '~1.1.0', 'no range'])('core 1.2.3 is none for %s, and the extension is named', core => {
  expect(() => checkCore(uses(core), '1.2.3')).toThrow(
    expect.objectContaining({
      code: 'FLOW_EXTENSION_CORE',
      message: `@inner() was made for @flow/core ${core}, and this is 1.2.3`,
    }),
  )
})

test('a prerelease counts, and core fits itself', () => {
  expect(() => checkCore(uses('^1.0.0'), '1.3.0-beta.1')).not.toThrow()
  expect(() => checkCore([{ extension: parallel.extension, options: {} }])).not.toThrow()
})
