import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellCommand } from '../src/shell-command.js'

test('a job of Ray is a command for a shell: it gets the words as they were', () => {
  const words = ['printf', '%s|', "it's", 'a  b', '$HOME', '*', '', '"', '\\', 'x;y', 'ä']
  const said = execFileSync('sh', ['-c', shellCommand(words, undefined)], { encoding: 'utf8' })
  expect(said).toBe(`${words.slice(2).join('|')}|`)
  expect(execFileSync('sh', ['-c', shellCommand(['pwd'], '/')], { encoding: 'utf8' })).toBe('/\n')
})
