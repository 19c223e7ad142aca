import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { programWords, splitWords } from '../src/words.js'

test.each([
  ['python mpi_hello.py', ['python', 'mpi_hello.py']],
  ['  ./a   --x=1\t2 ', ['./a', '--x=1', '2']],
  ['sh -c "echo $HOME; ls *"', ['sh', '-c', 'echo $HOME; ls *']],
  [String.raw`a 'b c'd "e \" f" g\ h "\n"`, ['a', 'b cd', 'e " f', 'g h', String.raw`\n`]],
  [`''`, ['']],
])('%s', (text, words) => {
  expect(splitWords(text)).toEqual(words)
})

test('a quote that is not closed is a coded error', () => {
  expect(() => splitWords('echo "x')).toThrow(expect.objectContaining({ code: 'FLOW_MPI_PROGRAM_INVALID' }))
})

test('an empty program is a coded error', () => {
  for (const program of ['', '  ', []])
    expect(() => programWords(program)).toThrow(expect.objectContaining({ code: 'FLOW_MPI_PROGRAM_INVALID' }))
})

test('lists and programArgs are taken as they are', () => {
  expect(programWords(['a b', 1], ['$X', 2.5])).toEqual(['a b', '1', '$X', '2.5'])
})

test('quoted words come back, as a shell reads them', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '\\', '$', '*', '\n', 'é') })
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), words => {
      expect(splitWords(words.map(one => `'${one.replaceAll("'", String.raw`'\''`)}'`).join(' '))).toEqual(words)
    }),
  )
  const text = String.raw`a "b \\ c" \'d\' 'e'"f"`
  expect(splitWords(text)).toEqual(
    execFileSync('sh', ['-c', `printf '%s\\n' ${text}`], { encoding: 'utf8' })
      .trimEnd()
      .split('\n'),
  )
})
