import { expect, test } from 'vitest'
import { entrypointWords, findScript } from '../src/entrypoint.js'
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
  for (const given of [['--max-restarts', '2'], ['--nnodes=1:2'], ['--max_restarts=1']])
    expect(words(given, 0)).toContain('--rdzv-conf=is_host=1')
  expect(words(['--max-restarts=2'])).toContain('--rdzv-conf=is_host=0')
  expect(restartsOf(['--max-restarts', '2'])).toBe(2)
  expect(restartsOf(['--verbose'])).toBe(0)
})

test('standalone: each node for itself', () => {
  expect(words(['--standalone'])).toEqual(['--nproc-per-node=2'])
})

test("the user's own words are not said again", () => {
  expect(words(['--nproc_per_node=1', '--nnodes', '1', '--rdzv-backend=static', '--local-addr=h'])).toEqual([])
})

test('Python goes before its files and modules only', () => {
  expect(entrypointWords('train.py --x 1', 'py')).toEqual(['py', '-u', 'train.py', '--x', '1'])
  expect(entrypointWords('-m pkg.train', 'py')).toEqual(['py', '-u', '-m', 'pkg.train'])
  expect(entrypointWords(['./a.out', 3], 'py')).toEqual(['./a.out', '3'])
  expect(() => entrypointWords('', 'py')).toThrow(expect.objectContaining({ code: 'FLOW_TORCHRUN_PROGRAM_INVALID' }))
})

test('a Python file that is not there is told before anything starts', async () => {
  const missing = { code: 'FLOW_TORCHRUN_PROGRAM_MISSING' }
  await expect(findScript('none.py --x 1', import.meta.dirname, 1)).rejects.toMatchObject({
    ...missing,
    message: expect.stringContaining('none.py was not found on node 1'),
  })
  await expect(findScript(['/none.py'], import.meta.dirname, 0)).rejects.toMatchObject(missing)
  await findScript('-m none', import.meta.dirname, 0)
  await findScript('./no-such-program', import.meta.dirname, 0)
})
