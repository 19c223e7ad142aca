import { argumentWords, programWords } from '@flow/core'
import type { RayRunOptions } from './api.js'

/** The words of a command line for what the user named: what is a program for Python gets the Python of Ray before it. */
export function entrypointWords(
  { entrypoint, entrypointArgs }: Pick<RayRunOptions, 'entrypoint' | 'entrypointArgs'>,
  python: string,
): string[] {
  const words = programWords(entrypoint, argumentWords(entrypointArgs), 'FLOW_RAY_PROGRAM_INVALID')
  return /\.py$|^-/.test(words[0] ?? '') ? [python, ...words] : words
}

/** A command for `sh` that is these words. */
export function shellCommand(words: readonly string[], cwd: string | undefined): string {
  const command = words.map(shellQuote).join(' ')
  return cwd === undefined ? command : `cd ${shellQuote(cwd)} && ${command}`
}

function shellQuote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
