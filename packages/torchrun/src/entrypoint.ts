import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FlowError, programWords, type Words } from '@flow/core'

/** The words of a rank: Python before a `.py` file or `-m`, nothing before another program. */
export function entrypointWords(entrypoint: string | Words, python: string): string[] {
  const words = programWords(entrypoint, undefined, 'FLOW_TORCHRUN_PROGRAM_INVALID')
  const [first = ''] = words
  return isScript(first) || first === '-m' ? [python, '-u', ...words] : words
}

/** Python ends with code 2 when its file is not there, as programs do for reasons of their own: look before it starts. */
export async function findScript(entrypoint: string | Words, directory: string, node: number): Promise<void> {
  const [script = ''] = programWords(entrypoint, undefined, 'FLOW_TORCHRUN_PROGRAM_INVALID')
  if (!isScript(script)) return
  const path = resolve(directory, script)
  try {
    await access(path)
  } catch (cause) {
    throw new FlowError('FLOW_TORCHRUN_PROGRAM_MISSING', {
      message: `current.torch.run: ${script} was not found on node ${node}`,
      why: `It would be ${path}.`,
      fix: 'Check the name. Files beside the flow are on every node; what a step makes is on its node only.',
      cause,
    })
  }
}

const isScript = (word: string): boolean => word.endsWith('.py')
