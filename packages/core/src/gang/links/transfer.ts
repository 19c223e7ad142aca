import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Payload, PayloadReader } from './payload.js'
import type { PayloadWriter } from './payload-writer.js'

const BLOCK_BYTES = 1024 * 1024
const LENGTH_BYTES = 4
/** A block of this length says how long the manifest is: the first of each link. */
const HEAD_BLOCK = 0xffff_ffff

/**
 * Sends a payload from `offset` on, as it becomes available: blocks of a length (4 bytes, big endian) and as many
 * bytes. An empty block says that this node still lives, and waits itself.
 */
export async function serve(socket: Duplex, payload: Payload, offset: number, stallMs: number): Promise<void> {
  await using reader = new PayloadReader(payload)
  // Two, by turns: one is filled while the other is written.
  const buffers = [0, 1].map(() => ({
    bytes: Buffer.allocUnsafeSlow(LENGTH_BYTES + BLOCK_BYTES),
    written: Promise.resolve(),
  }))
  let at = offset
  let isHeadSent = false
  for (let turn = 0; ; turn++) {
    payload.throwIfFailed()
    if (socket.destroyed) throw new Error('the link ended')
    const { layout } = payload
    if (layout === undefined || (payload.available <= at && !payload.isComplete)) {
      await payload.change(stallMs / 4)
      const isStill = payload.layout === undefined || payload.available <= at
      if (isStill && !payload.isComplete) await written(socket, lengthOf(0))
      continue
    }
    if (!isHeadSent) {
      isHeadSent = true
      await written(socket, Buffer.concat([lengthOf(HEAD_BLOCK), lengthOf(layout.head.length)]))
    }
    if (at >= layout.total) break
    const buffer = buffers[turn % 2]!
    await buffer.written
    const room = Math.min(BLOCK_BYTES, payload.available - at)
    const count = await reader.read(layout, at, buffer.bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + room))
    buffer.bytes.writeUInt32BE(count)
    at += count
    buffer.written = written(socket, buffer.bytes.subarray(0, LENGTH_BYTES + count))
    buffer.written.catch(() => undefined)
  }
  await Promise.all(buffers.map(buffer => buffer.written))
  socket.end()
  // The taker closes when it has all; until then the link must not be destroyed under what is on its way.
  socket.resume()
  if (!socket.destroyed) await once(socket, 'close')
}

/**
 * Takes what a node serves. True when the payload is complete; false when the source broke off or fell silent; throws
 * what this node's disk says.
 */
export async function pull(
  socket: Duplex,
  writer: PayloadWriter,
  payload: Payload,
  stallMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const silence = setTimeout(() => socket.destroy(), stallMs)
  const onAbort = (): void => {
    socket.destroy()
  }
  signal.addEventListener('abort', onAbort)
  let inBlock = 0
  let expectsHead = false
  let kept: Buffer = Buffer.alloc(0)
  // A block is written as one: TLS gives 16 KiB at a time, and a write for each would take longer than the network.
  // Two buffers by turns: the disk writes one while the other is filled.
  let [block, other] = [Buffer.allocUnsafeSlow(BLOCK_BYTES), Buffer.allocUnsafeSlow(BLOCK_BYTES)]
  let filled = 0
  let writing: Promise<unknown> = Promise.resolve()
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      silence.refresh()
      let rest = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
      kept = Buffer.alloc(0)
      while (rest.length > 0) {
        if (inBlock > 0) {
          const part = rest.subarray(0, inBlock)
          rest = rest.subarray(part.length)
          inBlock -= part.length
          filled += part.copy(block, filled)
          if (inBlock > 0) continue
          if ((await writing) !== undefined) throw new Error('the disk failed')
          writing = writer.write(block.subarray(0, filled)).catch((error: unknown) => error)
          ;[block, other] = [other, block]
          filled = 0
          continue
        }
        if (rest.length < LENGTH_BYTES) {
          kept = rest
          break
        }
        const length = rest.readUInt32BE()
        rest = rest.subarray(LENGTH_BYTES)
        if (expectsHead) {
          expectsHead = false
          writer.begin(length)
        } else if (length === HEAD_BLOCK) expectsHead = true
        else inBlock = checkedLength(length)
      }
      silence.refresh()
    }
  } catch {
    // A broken link, or nonsense on it, is the source's fault, and there are other sources.
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', onAbort)
    socket.destroy()
  }
  // What our own disk says is final; the next source goes on after what was written.
  const failure = await writing
  if (failure !== undefined) throw failure
  signal.throwIfAborted()
  return payload.isComplete
}

function checkedLength(length: number): number {
  if (length > BLOCK_BYTES) throw new RangeError(`a block claims ${length} bytes`)
  return length
}

function lengthOf(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(LENGTH_BYTES)
  bytes.writeUInt32BE(value)
  return bytes
}

function written(socket: Duplex, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(bytes, error => {
      if (error === null || error === undefined) resolve()
      else reject(error)
    })
  })
}
