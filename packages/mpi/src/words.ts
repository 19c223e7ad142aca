import { FlowError } from '@flow/core'
import type { MpiArguments } from './api.js'

/**
 * Splits a text into words as POSIX says for a shell's quoting (single quotes, double quotes, backslash), and expands
 * nothing: `$HOME`, `*` and `;` stay what they are.
 *
 * @throws `FLOW_MPI_PROGRAM_INVALID` when a quote is not closed.
 */
export function splitWords(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  let quote: string | undefined
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index)
    if (quote === "'") {
      if (char === "'") quote = undefined
      else word += char
    } else if (char === '\\') {
      const next = text.charAt(++index)
      // Within double quotes a backslash is itself, but before the four characters that mean something there.
      word = (word ?? '') + (quote === '"' && !'$`"\\'.includes(next) ? `\\${next}` : next)
    } else if (quote === '"') {
      if (char === '"') quote = undefined
      else word += char
    } else if (char === "'" || char === '"') {
      quote = char
      word ??= ''
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  if (quote !== undefined) {
    throw new FlowError('FLOW_MPI_PROGRAM_INVALID', {
      message: `The program has a quote (${quote}) that is not closed: ${text}`,
      fix: 'Close the quote, or give the program as a list of words.',
    })
  }
  if (word !== undefined) words.push(word)
  return words
}

/** The words of a rank's program. */
export function programWords(program: string | MpiArguments, args: MpiArguments = []): string[] {
  const words = typeof program === 'string' ? splitWords(program) : program.map(String)
  if (words.length === 0 || words[0] === '') {
    throw new FlowError('FLOW_MPI_PROGRAM_INVALID', {
      message: 'The program is empty.',
      fix: "Name the program, e.g. program: 'python hello.py'.",
    })
  }
  return [...words, ...args.map(String)]
}
