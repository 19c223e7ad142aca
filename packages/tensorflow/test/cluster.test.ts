import { expect, test } from 'vitest'
import { serves, tasksOf, tfConfigs } from '../src/cluster.js'

const ADDRESSES = ['a:1', 'a:2', 'b:1', 'b:2']

test('all ranks are workers unless something else is asked for', () => {
  const configs = tfConfigs(tasksOf(2, {}), ['a:1', 'b:1']).map(text => JSON.parse(text) as unknown)
  const cluster = { worker: ['a:1', 'b:1'] }
  expect(configs).toEqual([
    { cluster, task: { type: 'worker', index: 0 } },
    { cluster, task: { type: 'worker', index: 1 } },
  ])
})

test('a chief comes first, an evaluator last and outside of the cluster', () => {
  const tasks = tasksOf(4, { chief: true, evaluator: true })
  expect(tasks.map(({ type, index }) => `${type} ${index}`)).toEqual(['chief 0', 'worker 0', 'worker 1', 'evaluator 0'])
  const configs = tfConfigs(tasks, ADDRESSES).map(text => JSON.parse(text) as { readonly cluster: unknown })
  expect(new Set(configs.map(({ cluster }) => JSON.stringify(cluster)))).toEqual(
    new Set([JSON.stringify({ chief: ['a:1'], worker: ['a:2', 'b:1'] })]),
  )
})

test('parameter servers come after the workers; with a chief, the workers serve too', () => {
  const options = { chief: true, parameterServers: 1 }
  const tasks = tasksOf(4, options)
  const cluster = { chief: ['a:1'], worker: ['a:2', 'b:1'], ps: ['b:2'] }
  expect(JSON.parse(tfConfigs(tasks, ADDRESSES)[3] ?? '')).toEqual({ cluster, task: { type: 'ps', index: 0 } })
  expect(tasks.map(task => serves(task, options))).toEqual([false, true, true, true])
  const workers = tasksOf(3, { parameterServers: 1 })
  expect(workers.map(task => serves(task, { parameterServers: 1 }))).toEqual([false, false, true])
  expect(() => tasksOf(1, { parameterServers: 1 })).toThrow(
    expect.objectContaining({ code: 'FLOW_TENSORFLOW_OPTIONS' }),
  )
})

test('a chief alone trains; an evaluator alone does not', () => {
  expect(tasksOf(1, { chief: true })).toEqual([{ type: 'chief', index: 0 }])
  expect(() => tasksOf(1, { evaluator: true })).toThrow(expect.objectContaining({ code: 'FLOW_TENSORFLOW_OPTIONS' }))
})
