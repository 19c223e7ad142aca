import { statfsSync } from 'node:fs'
import type { RosterEntry } from '@flow/core'
import { expect, test } from 'vitest'
import { objectStoreOf, startWords } from '../src/start-command.js'

const roster = (...addresses: string[]): RosterEntry[] =>
  addresses.map((address, index) => ({ index, name: `node${index}`, address, slots: 1, facts: {} }))
const ports = { gcs: 1, dashboard: 2, client: 3, autoscalerMetrics: 4, dashboardMetrics: 5 }
const MIB = 1024 ** 2

function wordsOf(index: number, resources: Parameters<typeof startWords>[0]['resources'] = {}): string[] {
  const nodes = roster('10.0.0.1', '10.0.0.2')
  const [head] = nodes as [RosterEntry]
  const me = nodes[index] ?? head
  return startWords({ me, head, ports, resources, tempDir: '/t', objectStore: { bytes: 7 }, extra: ['--more'] })
}

test('the head is one, the others join it', () => {
  expect(wordsOf(0)).toEqual(expect.arrayContaining(['start', '--head', '--port=1', '--node-ip-address=10.0.0.1']))
  expect(wordsOf(1)).toEqual(expect.arrayContaining(['--address=10.0.0.1:1', '--node-ip-address=10.0.0.2']))
  expect(wordsOf(1)).not.toContain('--head')
  expect(wordsOf(1)).toEqual(expect.arrayContaining(['--object-store-memory=7', '--more', '--block']))
})

test('an IPv6 address stands in brackets before a port, and nowhere else', () => {
  const [head, me] = roster('fd00::1', 'fd00::2') as [RosterEntry, RosterEntry]
  const words = startWords({ me, head, ports, resources: {}, tempDir: '/t', objectStore: {}, extra: [] })
  expect(words).toEqual(expect.arrayContaining(['--address=[fd00::1]:1', '--node-ip-address=fd00::2']))
})

test('declared resources are what Ray schedules; what is not declared is one CPU, and no GPU', () => {
  expect(wordsOf(0)).toEqual(expect.arrayContaining(['--num-cpus=1', '--num-gpus=0']))
  expect(wordsOf(0).some(word => word.startsWith('--memory'))).toBe(false)
  expect(wordsOf(0, { cpu: 4, gpu: 2, memory: 100 })).toEqual(
    expect.arrayContaining(['--num-cpus=4', '--num-gpus=2', `--memory=${100 * MIB}`]),
  )
})

test('no port has the number that Ray gives it', () => {
  const text = wordsOf(0).join(' ')
  for (const fixed of ['6379', '8265', '10001', '52365', '10002']) expect(text).not.toContain(fixed)
})

test('nodes of one machine share what Ray would give one; a node alone leaves it to Ray', async () => {
  const apart = roster('10.0.0.1', '10.0.0.2')
  const together = roster('127.7.0.1', '127.7.0.2', '127.7.0.3')
  const shared = statfsSync('/dev/shm')
  const free = shared.bavail * shared.bsize
  for (const nodes of [apart, together]) {
    const [me] = nodes as [RosterEntry]
    const store = await objectStoreOf(undefined, nodes, me, '/dir')
    if (free < 3 * 80 * MIB) expect(store.directory).toBe('/dir')
    else if (nodes === apart) expect(store).toEqual({ bytes: undefined })
    else expect(store.bytes).toBeLessThan(free / 3)
  }
})

test('what the user wants goes, in /dev/shm where it fits, else in the directory', async () => {
  const nodes = roster('127.7.0.1')
  const [me] = nodes as [RosterEntry]
  const huge = 1024 ** 3
  expect(await objectStoreOf(huge, nodes, me, '/dir')).toEqual({ bytes: huge * MIB, directory: '/dir' })
  expect((await objectStoreOf(100, nodes, me, '/dir')).bytes).toBe(100 * MIB)
})

test('what the user wants has to fit into /dev/shm for all nodes of the machine', async () => {
  const shared = statfsSync('/dev/shm')
  // Fits once there, not three times; other programs may use some of it meanwhile.
  const wanted = Math.max(80, Math.floor((shared.bavail * shared.bsize) / 2 / MIB))
  for (const nodes of [roster('10.0.0.1', '10.0.0.1', '10.0.0.1'), roster('127.7.0.1', '127.7.0.2', '127.7.0.3')]) {
    const [me] = nodes as [RosterEntry]
    expect(await objectStoreOf(wanted, nodes, me, '/dir')).toEqual({ bytes: wanted * MIB, directory: '/dir' })
  }
})
