import { programWords, type Words } from '@flow/core'

/** The words of a rank: Python before a `.py` file or `-m`, nothing before another program. */
export function entrypointWords(entrypoint: string | Words, python: string): string[] {
  const words = programWords(entrypoint, undefined, 'FLOW_TORCHRUN_PROGRAM_INVALID')
  const [first = ''] = words
  return first.endsWith('.py') || first === '-m' ? [python, '-u', ...words] : words
}
