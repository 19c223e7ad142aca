import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { execScript } from '../src/scripts.js'

function run(shell: string, line: string, env: Record<string, string | undefined> = {}) {
  const input = execScript({ line, cwd: '/', env, mark: 'mark' })
  const { status, stdout, stderr } = spawnSync(shell, { input, encoding: 'utf8', env: { ...process.env, GONE: 'x' } })
  return [status, stdout, stderr]
}

test.each(['sh', 'bash'])('%s runs the line, and ends as it does', shell => {
  expect(run(shell, 'echo out; echo err >&2; exit 3')).toEqual([3, 'out\n', 'err\n'])
  expect(run(shell, 'kill -SEGV $$')).toEqual([139, '', ''])
  expect(run(shell, 'cat; echo "$A|$GONE|$FLOW_SSH_EXEC"', { A: "it's $HOME\n2", GONE: undefined })).toEqual([
    0,
    "it's $HOME\n2||mark\n",
    '',
  ])
})

test('a line that is no shell text is the line alone', () => {
  const [status, , stderr] = run('sh', "echo 'open")
  expect(status).toBe(2)
  expect(stderr).toContain('Unterminated quoted string')
})
