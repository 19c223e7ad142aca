import { expect, test } from 'vitest'
import { formatPath, parsePath, parseTaskPath } from '../../src/store/index.js'

test.each([
  ['Train', { kind: 'flow', flow: 'Train' }],
  ['Train/3', { kind: 'run', flow: 'Train', runId: '3' }],
  ['Train/3/fit', { kind: 'step', flow: 'Train', runId: '3', step: 'fit' }],
  ['Träin$/30/fit_2/17', { kind: 'task', flow: 'Träin$', runId: '30', step: 'fit_2', taskId: '17' }],
  ['Train/3/fit/7@0', { kind: 'task', flow: 'Train', runId: '3', step: 'fit', taskId: '7', node: 0 }],
])('%s', (text, path) => {
  expect(parsePath(text)).toEqual(path)
  expect(formatPath(parsePath(text))).toBe(text)
})

test.each([
  '',
  '/',
  'Train/',
  '/3',
  'Train/x',
  'Train/0',
  'Train/03',
  'Train/3/',
  'Train/3/../7',
  'Train/3/fit/x',
  'Train/3/fit/7@',
  'Train/3/fit/7@-1',
  'Train/3/fit/7@1@2',
  'Train/3/fit/7/8',
  '../x',
])("'%s' is refused", text => {
  expect(() => parsePath(text)).toThrow(expect.objectContaining({ code: 'FLOW_PATH_INVALID' }))
})

test('a task is asked for', () => {
  expect(() => parseTaskPath('Train/3')).toThrow(
    expect.objectContaining({ code: 'FLOW_PATH_INVALID', why: expect.stringContaining('run') }),
  )
})
