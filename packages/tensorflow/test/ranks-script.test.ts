import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { ranksScript } from '../src/ranks-script.js'

function run(program: readonly string[]): { readonly lines: readonly string[]; readonly status: number | null } {
  const script = ranksScript([
    { rank: 4, tfConfig: `{"a":"it's"}` },
    { rank: 5, tfConfig: '{}' },
  ])
  const { stdout, status } = spawnSync('sh', ['-c', script, 'sh', ...program], { encoding: 'utf8' })
  return { lines: stdout.trim().split('\n').toSorted(), status }
}

test('every rank gets its own number and TF_CONFIG, and the words as they are', () => {
  const { lines, status } = run(['sh', '-c', 'echo "$FLOW_RANK $TF_CONFIG $1"', 'sh', 'a  b'])
  expect(lines).toEqual([`4 {"a":"it's"} a  b`, '5 {} a  b'])
  expect(status).toBe(0)
})

test('it ends when all have, badly when one did', () => {
  const { lines, status } = run(['sh', '-c', '[ $FLOW_RANK = 4 ] && exit 3; sleep 0.2; echo late'])
  expect(lines).toEqual(['late'])
  expect(status).toBe(3)
})
