import { expect, test } from 'vitest'
import { networkOf } from '../src/network.js'

const network = (...addresses: string[]) =>
  networkOf(addresses.map((address, index) => ({ index, name: `node${index}`, address, slots: 1, facts: {} })))

test('loopback addresses are one machine', () => {
  expect(network('127.77.0.1', '127.77.0.2')).toEqual({
    cidr: '127.0.0.0/8',
    interface: expect.stringMatching(/^lo/) as string,
    isLoopback: true,
    isShared: true,
  })
  expect(network('127.77.0.1')).toMatchObject({ isLoopback: true, isShared: false })
})

test('the smallest network that has all nodes, not smaller than a usual one', () => {
  expect(network('10.77.0.1', '10.77.0.9')).toMatchObject({ cidr: '10.77.0.0/24', isLoopback: false, isShared: false })
  expect(network('10.77.1.1', '10.77.2.1').cidr).toBe('10.77.0.0/22')
  expect(network('192.168.250.1', '192.168.1.1').cidr).toBe('192.168.0.0/16')
})

test('no network is named that says nothing, or that is not IPv4', () => {
  expect(network('10.0.0.1', '192.168.0.1').cidr).toBeUndefined()
  expect(network('fd00::1', 'fd00::2')).toMatchObject({ cidr: undefined, isLoopback: false, isShared: false })
})

test('two nodes with one address share a machine', () => {
  expect(network('10.0.0.1', '10.0.0.1').isShared).toBe(true)
})
