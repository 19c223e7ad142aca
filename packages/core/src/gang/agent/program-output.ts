import { FlowError } from '../../errors/index.js'

/**
 * What was written to `$FLOW_OUTPUT`; undefined when nothing was.
 *
 * @param writer Who was to write it, for the message: 'rank 0', 'the program'.
 * @throws `FLOW_PROGRAM_OUTPUT_INVALID`
 */
export function parseOutput(text: string | undefined, writer: string): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new FlowError('FLOW_PROGRAM_OUTPUT_INVALID', {
      message: `What ${writer} wrote to $FLOW_OUTPUT is not JSON.`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Write one JSON value, from rank 0 only.',
      cause,
    })
  }
}
