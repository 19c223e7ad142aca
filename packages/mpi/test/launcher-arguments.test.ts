import { expect, test } from 'vitest'
import { checkSlots, readArguments } from '../src/launcher-arguments.js'

const roster = [0, 1].map(index => ({
  index,
  name: `node${index}`,
  address: `127.0.0.${index + 1}`,
  slots: 2,
  facts: {},
}))

test.each([
  [['-n', '8'], { ranks: 8, saysRanks: true }],
  [['--np', 'all'], { ranks: undefined, saysRanks: true }],
  [['-ppn', '2'], { saysRanks: true, saysHosts: false }],
  [['--map-by', 'ppr:2:node:OVERSUBSCRIBE'], { saysRanks: true, mayOversubscribe: true }],
  [['--map-by', 'slot'], { saysRanks: false, mayOversubscribe: false }],
  [['--hostfile=mine'], { saysHosts: true }],
  [['-H', 'node0:4', '--oversubscribe'], { saysHosts: true, mayOversubscribe: true }],
  [['--mca', 'btl', 'tcp,self'], { saysRanks: false, saysHosts: false }],
])('%j', (args, expected) => {
  expect(readArguments(args)).toMatchObject(expected)
})

test('more ranks than slots are refused, unless the user settles hosts or oversubscription', () => {
  const check = (...args: string[]): void => checkSlots(readArguments(args), roster)
  expect(() => check('-n', '5')).toThrow(
    expect.objectContaining({
      code: 'FLOW_MPI_SLOTS',
      message: expect.stringContaining('4 slots: 2 nodes with 2 each') as string,
    }),
  )
  for (const args of [['-n', '4'], ['-n', '5', '--oversubscribe'], ['-n', '5', '-f', 'mine'], []]) check(...args)
})
