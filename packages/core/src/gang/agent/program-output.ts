import { FlowError } from '../../errors/index.js'

/**
 * What was written to `$FLOW_OUTPUT`; undefined when nothing was, or when a program that failed was in the midst of it.
 *
 * @param writer Who was to write it, for the message: 'rank 0', 'the program'.
 * @param isWell The program ended well.
 * @throws `FLOW_PROGRAM_OUTPUT_INVALID` for one that ended well.
 */
export function parseOutput(text: string | undefined, writer: string, isWell: boolean): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    if (!isWell) return undefined
    throw new FlowError('FLOW_PROGRAM_OUTPUT_INVALID', {
      message: `What ${writer} wrote to $FLOW_OUTPUT is not JSON.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Write one JSON value, from rank 0 only.',
      cause,
    })
  }
}
