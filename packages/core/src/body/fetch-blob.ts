import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'
import { FlowError } from '../errors/index.js'
import type { BlobPipes } from './protocol.js'

/** Longer than any answer, and short enough to come in one piece (PIPE_BUF). */
const ANSWER_BYTES = 4096

/** The answer for a blob that is there now. Any other is the reason why it is not. */
export const FETCHED = 'ok'

/**
 * Fetches blobs through named pipes. It waits: the getter of an artifact cannot be asynchronous, and a body has nothing
 * else to do meanwhile. It ends at the latest when the owner does, which holds the pipes open.
 */
export function fetchThrough({ want, have }: BlobPipes): (hash: string) => void {
  return hash => {
    writeFileSync(want, `${hash}\n`)
    const pipe = openSync(have, 'r')
    try {
      const answer = Buffer.alloc(ANSWER_BYTES)
      const text = answer.toString('utf8', 0, readSync(pipe, answer))
      if (text === FETCHED) return
      throw new FlowError('FLOW_BLOB_MISSING', {
        message: `An artifact could not be fetched: ${text === '' ? 'the node ended' : text}`,
        details: { hash },
      })
    } finally {
      closeSync(pipe)
    }
  }
}
