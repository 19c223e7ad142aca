import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { argumentWords, programWords, splitWords } from '../../../src/gang/programs/index.js'

const CODE = 'FLOW_X_PROGRAM_INVALID'

test.each([
  ['python mpi_hello.py', ['python', 'mpi_hello.py']],
  ['  ./a   --x=1\t2 ', ['./a', '--x=1', '2']],
  ['sh -c "echo $HOME; ls *"', ['sh', '-c', 'echo $HOME; ls *']],
  [String.raw`a 'b c'd "e \" f" g\ h "\n"`, ['a', 'b cd', 'e " f', 'g h', String.raw`\n`]],
  [`''`, ['']],
])('%s', (text, words) => {
  expect(splitWords(text, CODE)).toEqual(words)
})

test('a quote that is not closed is a coded error', () => {
  expect(() => splitWords('echo "x', CODE)).toThrow(expect.objectContaining({ code: CODE }))
})

test('an empty program is a coded error', () => {
  for (const program of ['', '  ', []])
    expect(() => programWords(program, undefined, CODE)).toThrow(expect.objectContaining({ code: CODE }))
})

test('lists and programArgs are taken as they are', () => {
  expect(programWords(['a b', 1], ['$X', 2.5], CODE)).toEqual(['a b', '1', '$X', '2.5'])
})

test('quoted words come back, as a shell reads them', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '$', '*', '\n', 'é') })
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), words => {
      expect(splitWords(words.map(one => `'${one.replaceAll("'", String.raw`'\''`)}'`).join(' '), CODE)).toEqual(words)
    }),
  )
  const text = String.raw`a "b \\ c" \'d\' 'e'"f"`
  expect(splitWords(text, CODE)).toEqual(
    execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n'),
  )
})

test('a record becomes options, a list stays', () => {
  expect(argumentWords({ maxRestarts: 3, 'no-python': true, off: false, none: null, tag: ['a', 2] })).toEqual([
    '--max-restarts=3',
    '--no-python',
    '--tag=a',
    '--tag=2',
  ])
  expect(argumentWords(['-x', 1])).toEqual(['-x', '1'])
  expect(argumentWords(undefined)).toEqual([])
})
