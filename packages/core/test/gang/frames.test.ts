import { spawn } from 'node:child_process'
import { duplexPair, PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameReader, MessageStream, writeFrame } from '../../src/process/frames.js'

const badFrame = expect.objectContaining({ code: 'FLOW_PROTOCOL_BAD_FRAME' })

describe('FrameReader', () => {
  it('gives back what was written, however the bytes are cut', () => {
    const value = fc.oneof(
      fc.string(),
      fc.integer(),
      // MessagePack's reader renames `__proto__`, so that no message reaches a prototype.
      fc.dictionary(
        fc.string().filter(key => key !== '__proto__'),
        fc.oneof(fc.string(), fc.boolean(), fc.double({ noNaN: true })),
      ),
      fc.constant(''),
      fc.constant(null),
    )
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (messages, cuts) => {
          const bytes = Buffer.concat(messages.flatMap(message => encodeFrame(message)))
          const reader = new FrameReader()
          const read: unknown[] = []
          for (let at = 0, cut = 0; at < bytes.length; cut++) {
            const size = cuts[cut % cuts.length]!
            read.push(...reader.push(bytes.subarray(at, at + size)))
            at += size
          }
          const plain = (list: readonly unknown[]): unknown => JSON.parse(JSON.stringify(list))
          expect(plain(read)).toEqual(plain(messages))
          expect(reader.atBoundary).toBe(true)
        },
      ),
    )
  })

  it('lets no message reach a prototype', () => {
    const message: unknown = JSON.parse('{"__proto__":{"reached":true},"own":1}')
    const [read] = [...new FrameReader().push(Buffer.concat(encodeFrame(message)))] as {
      own?: number
      reached?: true
    }[]
    expect(read?.own).toBe(1)
    expect(read?.reached).toBeUndefined()
  })

  it('keeps bytes and undefined', () => {
    const [message] = [
      ...new FrameReader().push(Buffer.concat(encodeFrame({ bytes: Buffer.from([1, 2, 3]), none: undefined }))),
    ]
    expect(message).toEqual({ bytes: Buffer.from([1, 2, 3]), none: undefined })
  })

  it('refuses a frame that claims too much before it reads it', () => {
    expect(() => [...new FrameReader(100).push(Buffer.from([0x7f, 0, 0, 0]))]).toThrow(badFrame)
    expect(() => encodeFrame(Buffer.alloc(200), 100)).toThrow(badFrame)
  })

  it('never throws anything but a bad frame for arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const frame = Buffer.alloc(4 + bytes.length)
        frame.writeUInt32BE(bytes.length)
        frame.set(bytes, 4)
        try {
          for (const message of new FrameReader().push(frame)) void message
        } catch (error) {
          expect(error).toEqual(badFrame)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('MessageStream', () => {
  it('carries messages both ways through a real child process', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.pipe(process.stdout)'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const link = new MessageStream<{ n: number }, { n: number }>(child.stdout, child.stdin)
    const got: number[] = []
    const ended = new Promise<Error | undefined>(resolve => link.onEnd(resolve))
    link.onMessage(message => {
      got.push(message.n)
      if (message.n === 2) link.end()
    })
    for (const n of [0, 1, 2]) link.send({ n })
    expect(await ended).toBeUndefined()
    expect(got).toEqual([0, 1, 2])
  })

  it('ends with the code when the other side writes something else', async () => {
    const [left, right] = duplexPair()
    const link = new MessageStream(left, left)
    const ended = new Promise<Error | undefined>(resolve => link.onEnd(resolve))
    link.onMessage(() => undefined)
    right.write('HTTP/1.1 400 Bad Request\r\n')
    expect(await ended).toEqual(badFrame)
  })

  it('tells of an end inside a message, and of one at a boundary', async () => {
    for (const [bytes, expected] of [
      [Buffer.from([0, 0, 0, 9, 1]), badFrame],
      [Buffer.alloc(0), undefined],
    ] as const) {
      const readable = new PassThrough()
      const link = new MessageStream(readable, new PassThrough())
      const ended = new Promise<Error | undefined>(resolve => link.onEnd(resolve))
      link.onMessage(() => undefined)
      readable.end(bytes)
      expect(await ended).toEqual(expected)
    }
  })

  it('survives a closed reader', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: ['pipe', 'pipe', 'inherit'] })
    const link = new MessageStream<unknown, Buffer>(child.stdout, child.stdin)
    const ended = new Promise<void>(resolve => link.onEnd(() => resolve()))
    link.onMessage(() => undefined)
    await new Promise(resolve => child.once('exit', resolve))
    link.send(Buffer.alloc(1 << 20))
    await ended
    expect(link.send(Buffer.alloc(1))).toBe(false)
  })

  it('says when to wait, and when to go on', async () => {
    const [left, right] = duplexPair()
    const link = new MessageStream<unknown, Buffer>(left, left)
    let flowing = true
    for (let i = 0; i < 50 && flowing; i++) flowing = link.send(Buffer.alloc(8192))
    expect(flowing).toBe(false)
    right.resume()
    await link.drained()
    expect(writeFrame(left, 1)).toBe(true)
  })
})
