import type { Readable } from 'node:stream'
import * as v from 'valibot'
import { FlowError } from '../../errors/index.js'
import { unpackMessage } from '../../process/frames.js'
import { readExactly } from '../../process/read-exactly.js'
import { count } from '../channel/wire.js'

const MAX_HEADER_BYTES = 64 * 1024
const LENGTH_BYTES = 4

/** What a link is for. */
export const linkPurpose = v.variant('kind', [
  /** One of a pair of ends that two bodies opened by the same name. */
  v.object({ kind: v.literal('stream'), name: v.string() }),
  /** The bytes of a broadcast, from `offset` on. */
  v.object({
    kind: v.literal('broadcast'),
    id: v.string(),
    offset: count,
  }),
])
export type LinkPurpose = v.InferOutput<typeof linkPurpose>

/** First words of the node that connects. */
export const linkHeader = v.object({ from: count, purpose: linkPurpose })
/** First words of the node that accepted: from here on the link is its users'. */
export const linkAnswer = v.object({ accepted: v.literal(true) })

/**
 * Reads one frame from the head of a stream and leaves all that follows in it. Undefined when the stream ended before.
 */
export async function readHead(stream: Readable, signal: AbortSignal): Promise<unknown> {
  const length = await readExactly(stream, LENGTH_BYTES, signal)
  if (length === undefined) return undefined
  const size = length.readUInt32BE()
  if (size > MAX_HEADER_BYTES) {
    throw new FlowError('FLOW_PROTOCOL_BAD_FRAME', {
      message: `The head of a link claims ${size} bytes; at most ${MAX_HEADER_BYTES} are allowed.`,
    })
  }
  const body = await readExactly(stream, size, signal)
  return body === undefined ? undefined : unpackMessage(body)
}
