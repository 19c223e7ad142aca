import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { entrypointWords, shellCommand } from '../src/entrypoint.js'

test('a Python file gets the Python of Ray, anything else is a command', () => {
  expect(entrypointWords({ entrypoint: 'train.py', entrypointArgs: ['a b', 2] }, '/py')).toEqual([
    '/py',
    'train.py',
    'a b',
    '2',
  ])
  expect(entrypointWords({ entrypoint: '-m app.train', entrypointArgs: { maxRounds: 3 } }, '/py')).toEqual([
    '/py',
    '-m',
    'app.train',
    '--max-rounds=3',
  ])
  expect(entrypointWords({ entrypoint: 'python -m app "x y"' }, '/py')).toEqual(['python', '-m', 'app', 'x y'])
  expect(entrypointWords({ entrypoint: ['./my program', 1] }, '/py')).toEqual(['./my program', '1'])
})

test.for([[''], [[]], ["python 'x"]] as const)('%j is no program', ([entrypoint]) => {
  expect(() => entrypointWords({ entrypoint }, '/py')).toThrow(
    expect.objectContaining({ code: 'FLOW_RAY_PROGRAM_INVALID' }),
  )
})

test('a job of Ray is a command for a shell: it gets the words as they were', () => {
  const words = ['printf', '%s|', "it's", 'a  b', '$HOME', '*', '', '"', '\\', 'x;y', 'ä']
  const said = execFileSync('sh', ['-c', shellCommand(words, undefined)], { encoding: 'utf8' })
  expect(said).toBe(`${words.slice(2).join('|')}|`)
  expect(execFileSync('sh', ['-c', shellCommand(['pwd'], '/')], { encoding: 'utf8' })).toBe('/\n')
})
