import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import * as tls from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../../src/gang/links/certificate.js'
import { NodeLinks } from '../../../src/gang/links/index.js'
import { writeFrame } from '../../../src/process/frames.js'
import { LinkedNodes } from './nodes.js'

const coded = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

describe('stream', () => {
  it('gives both nodes an end of one connection, whoever asks first', async () => {
    await using gang = await LinkedNodes.start(3)
    const [low, high] = [gang.node(1).streams, gang.node(2).streams]
    for (const order of [
      [() => low.stream(2), () => high.stream(1)],
      [() => high.stream(1), () => low.stream(2)],
    ]) {
      const [one, two] = await Promise.all(order.map(open => open()))
      one!.end('to two')
      two!.end('to one')
      expect(await Promise.all([text(one!), text(two!)])).toEqual(['to one', 'to two'])
    }
  })

  it('keeps names and nodes apart, and is a half that stays open when the other ends', async () => {
    await using gang = await LinkedNodes.start(3)
    const ends = await Promise.all([
      gang.node(0).streams.stream(1, { name: 'a' }),
      gang.node(0).streams.stream(1, { name: 'b' }),
      gang.node(0).streams.stream(2, { name: 'a' }),
      gang.node(2).streams.stream(0, { name: 'a' }),
      gang.node(1).streams.stream(0, { name: 'b' }),
      gang.node(1).streams.stream(0, { name: 'a' }),
    ])
    for (const [at, end] of ends.slice(0, 3).entries()) end.end(`hello ${at}`)
    const heard = await Promise.all([ends[5], ends[4], ends[3]].map(end => text(end)))
    expect(heard).toEqual(['hello 0', 'hello 1', 'hello 2'])
    ends[5].end('and back')
    expect(await text(ends[0])).toBe('and back')
  })

  it('carries a lot, at the pace of its reader', async () => {
    await using gang = await LinkedNodes.start(2)
    const [out, into] = await Promise.all([gang.node(0).streams.stream(1), gang.node(1).streams.stream(0)])
    const total = 32 * 1024 * 1024
    const block = Buffer.alloc(256 * 1024, 7)
    const writing = (async () => {
      for (let sent = 0; sent < total; sent += block.length) if (!out.write(block)) await once(out, 'drain')
      out.end()
    })()
    let got = 0
    for await (const chunk of into as AsyncIterable<Buffer>) got += chunk.length
    await writing
    expect(got).toBe(total)
  })

  it('to the node itself works too', async () => {
    await using gang = await LinkedNodes.start(1)
    const { streams } = gang.node(0)
    const [one, two] = await Promise.all([streams.stream(0), streams.stream(0)])
    one.end('myself')
    expect(await text(two)).toBe('myself')
  })

  it('names both nodes when the other does not come, and forgets who gave up', async () => {
    await using gang = await LinkedNodes.start(2)
    await expect(gang.node(1).streams.stream(0, { timeout: 20 })).rejects.toEqual(
      coded('FLOW_GANG_STREAM_TIMEOUT', "Node 0 did not open its end of stream 'default' with node 1"),
    )
    await gang.node(1).links.certificate()
    await expect(gang.node(0).streams.stream(1, { timeout: 100 })).rejects.toEqual(
      coded('FLOW_GANG_STREAM_TIMEOUT', 'Node 1 did not'),
    )
    const [one, two] = await Promise.all([gang.node(0).streams.stream(1), gang.node(1).streams.stream(0)])
    one.end('again')
    expect(await text(two)).toBe('again')
    const controller = new AbortController()
    const waiting = gang.node(1).streams.stream(0, { signal: controller.signal })
    controller.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
  })
})

describe('a link', () => {
  it('is not opened to what shows another certificate', async () => {
    await using gang = await LinkedNodes.start(3)
    await using fooled = new NodeLinks({
      index: 0,
      host: '127.0.0.1',
      certificateOf: async () => ({
        ...(await gang.node(2).links.certificate()),
        fingerprint: (await gang.node(1).links.certificate()).fingerprint,
      }),
    })
    await expect(fooled.open(1, { kind: 'stream', name: 'x' })).rejects.toEqual(
      coded('FLOW_GANG_LINK_NOT_TRUSTED', 'claims to be node 1'),
    )
  })

  it('is not taken from a node that says it is another, from one without a certificate, nor with a garbled head', async () => {
    await using gang = await LinkedNodes.start(3)
    const { port } = await gang.node(2).links.certificate()
    const stranger = await makeCertificate('stranger')
    const head = (socket: tls.TLSSocket): boolean =>
      writeFrame(socket, { from: 1, purpose: { kind: 'stream', name: 'x' } })
    for (const [certificate, speak] of [
      [stranger, head],
      [undefined, head],
      [stranger, (socket: tls.TLSSocket) => socket.write(Buffer.from([0x7f, 0, 0, 0]))],
      [stranger, (socket: tls.TLSSocket) => writeFrame(socket, { from: 'me' })],
    ] as const) {
      const socket = tls.connect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        ...(certificate === undefined ? {} : { key: certificate.key, cert: certificate.cert }),
      })
      socket.on('error', () => undefined)
      await once(socket, 'secureConnect')
      speak(socket)
      let answered = 0
      socket.on('data', (chunk: Buffer) => {
        answered += chunk.length
      })
      await once(socket, 'close')
      expect(answered).toBe(0)
    }
  })

  it('that nobody listens for is an error that names both', async () => {
    await using gang = await LinkedNodes.start(2)
    const gone = await gang.node(1).links.certificate()
    await gang.node(1).links[Symbol.asyncDispose]()
    await using links = new NodeLinks({ index: 0, host: '127.0.0.1', certificateOf: async () => gone })
    await expect(links.open(1, { kind: 'stream', name: 'x' })).rejects.toEqual(
      coded('FLOW_GANG_LINK_FAILED', 'Node 0 could not open a link to node 1'),
    )
  })
})
