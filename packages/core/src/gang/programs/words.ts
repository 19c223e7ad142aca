import { FlowError } from '../../errors/index.js'

/** Words of a command line, as {@link programWords} takes them; numbers are written out. */
export type Words = readonly (string | number)[]

/** Options of a program as a record, for {@link argumentWords}: `{ maxRestarts: 3, verbose: true }` is `--max-restarts=3 --verbose`. */
export type ArgumentRecord = Readonly<Record<string, string | number | boolean | Words | null | undefined>>

/**
 * Splits a text into words as POSIX says for a shell's quoting (single quotes, double quotes, backslash), and expands
 * nothing: `$HOME`, `*` and `;` stay what they are.
 *
 * @param code Of the error when a quote is not closed.
 * @throws the error `code`.
 */
export function splitWords(text: string, code: string): string[] {
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
    throw new FlowError(code, {
      message: `The program has a quote (${quote}) that is not closed: ${text}`,
      fix: 'Close the quote, or give the program as a list of words.',
    })
  }
  if (word !== undefined) words.push(word)
  return words
}

/**
 * The words of a rank's program: a string is split as a shell would, a list is taken as it is.
 *
 * @param code Of the error when it is empty or a quote is not closed.
 * @throws the error `code`.
 *
 * @example
 * programWords("python 'my train.py'", ['--steps', 100], 'FLOW_MINE_PROGRAM_INVALID')
 * // → ['python', 'my train.py', '--steps', '100']
 */
export function programWords(program: string | Words, args: Words | undefined, code: string): string[] {
  const words = typeof program === 'string' ? splitWords(program, code) : program.map(String)
  if (words.length === 0 || words[0] === '') {
    throw new FlowError(code, {
      message: 'The program is empty.',
      fix: "Name the program, e.g. program: 'python hello.py'.",
    })
  }
  return [...words, ...(args ?? []).map(String)]
}

/**
 * Arguments given as a list are taken as they are. In a record each key is an option: camelCase becomes kebab-case,
 * `true` stands alone, `false`, null and undefined are left out, a list repeats the option.
 *
 * @example
 * argumentWords({ maxRestarts: 3, 'no-python': true }) // → ['--max-restarts=3', '--no-python']
 */
export function argumentWords(args: Words | ArgumentRecord | undefined): string[] {
  if (args === undefined) return []
  if (isWords(args)) return args.map(String)
  return Object.entries(args).flatMap(([key, value]) => {
    const name = `--${key.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    if (value === undefined || value === null || value === false) return []
    if (value === true) return [name]
    return typeof value === 'object' ? value.map(one => `${name}=${one}`) : [`${name}=${value}`]
  })
}

function isWords(args: Words | ArgumentRecord): args is Words {
  return Array.isArray(args)
}
