import { expect, test } from 'vitest'
import { rendezvousWords, restartsOf } from '../src/torchrun-arguments.js'

const entry = (index: number) => ({ index, name: `node${index}`, address: `127.0.0.${index + 1}`, slots: 2, facts: {} })
const words = (given: readonly string[], index = 1): string[] =>
  rendezvousWords({ nodes: 2, me: entry(index), control: entry(0), perNode: 2, port: 4000, id: 'x', given })

test('a fixed number of nodes meets at control by rank', () => {
  expect(words([])).toEqual([
    '--nproc-per-node=2',
    '--nnodes=2',
    '--local-addr=127.0.0.2',
    '--node-rank=1',
    '--master-addr=127.0.0.1',
    '--master-port=4000',
  ])
})

test('restarts and elastic ranges meet by c10d, control as its host', () => {
  for (const given of [['--max-restarts', '2'], ['--nnodes=1:2'], ['--max_restarts=1'], ['--rdzv-backend=c10d']])
    expect(words(given, 0)).toEqual(
      expect.arrayContaining(['--rdzv-endpoint=127.0.0.1:4000', '--rdzv-id=x', '--rdzv-conf=is_host=1']),
    )
  expect(words(['--max-restarts=2'])).toContain('--rdzv-conf=is_host=0')
  expect(words(['--max-restarts=2'])).toContain('--rdzv-backend=c10d')
  expect(restartsOf(['--max-restarts', '2'])).toBe(2)
  expect(restartsOf(['--verbose'])).toBe(0)
})

test('each node for itself: standalone, or one node', () => {
  expect(words(['--standalone'])).toEqual(['--nproc-per-node=2'])
  expect(words(['--nnodes', '1'])).toEqual(['--nproc-per-node=2', '--standalone'])
})

test("the user's own words hold, and what they do not say is still of this gang", () => {
  expect(words(['--nproc_per_node=1', '--node-rank=0', '--rdzv-backend=static', '--local-addr=h'])).toEqual([
    '--nnodes=2',
    '--master-addr=127.0.0.1',
    '--master-port=4000',
  ])
  const ours = ['--nproc-per-node=2', '--nnodes=2', '--local-addr=127.0.0.2']
  expect(words(['--rdzv-endpoint=h:1'])).toEqual([...ours, '--node-rank=1'])
  expect(words(['--rdzv-backend=c10d', '--rdzv-endpoint=h:1'])).toEqual([...ours, '--rdzv-id=x'])
  expect(words(['--rdzv-backend=etcd-v2', '--rdzv-endpoint=h:1', '--rdzv-id=y'])).toEqual(ours)
  expect(words(['--max-restarts=1', '--rdzv-conf', 'join_timeout=900'])).toContain(
    '--rdzv-conf=join_timeout=900,is_host=0',
  )
})
