import { createServer, connect, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import type { ChannelPlace, Peer } from '../../src/gang/channel/index.js'
import type { Handshaken } from '../../src/gang/channel/entrance.js'
import { dialSocket } from '../../src/gang/channel/over-socket.js'
import { dialOverTls, listenOverTls } from '../../src/gang/channel/over-tls.js'
import { ControlIdentity, deriveNodeKey, KeyTable, type NodeIdentity } from '../../src/gang/keys.js'
import { encodeFrame, FrameReader, MessageStream, packMessage, writeFrame } from '../../src/process/frames.js'
import { ATTEMPT, controlHandlers, event, Gang, type Way, ways, workerHandlers } from './harness.js'

const coded = (code: string, message = ''): unknown =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })
/** A message as the layer of calls writes it, undeflated. */
const bodyOf = (said: unknown): Buffer => Buffer.concat([Buffer.of(0), packMessage(said)])
const quick = { heartbeatMs: 60, leaseMs: 400 }

/** A relay between worker and control whose connections can be cut, or made silent, without either side knowing. */
class Relay implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs: Set<Socket>
  readonly place: ChannelPlace

  private constructor(server: Server, pairs: Set<Socket>, place: ChannelPlace) {
    this.#server = server
    this.#pairs = pairs
    this.place = place
  }

  static async to(target: ChannelPlace): Promise<Relay> {
    const pairs = new Set<Socket>()
    const server = createServer(near => {
      const far = connect(target as NetConnectOpts)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        pairs.add(from)
        from.on('error', () => undefined)
        from.on('data', chunk => to.write(chunk))
        from.on('close', () => to.destroy())
      }
    })
    return new Relay(server, pairs, await listenBeside(server, target))
  }

  cut(): void {
    for (const socket of this.#pairs) socket.destroy()
    this.#pairs.clear()
  }

  /** Half open: both ends believe in the connection, nothing passes. */
  freeze(): void {
    for (const socket of this.#pairs) socket.pause()
    this.#pairs.clear()
  }

  close(): void {
    this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    this.close()
  }
}

/** Lets a server take connections in the same way as control does. */
async function listenBeside(server: Server, place: ChannelPlace): Promise<ChannelPlace> {
  const beside = 'path' in place ? { path: `${place.path}.${beyond++}` } : { ...place, port: 0 }
  server.listen(beside)
  await once(server, 'listening')
  const address = server.address()
  return address === null || typeof address === 'string' ? beside : { host: '127.0.0.1', port: address.port }
}
let beyond = 0

/** A hand-made client: whatever holds a key can say anything. */
async function dial(gang: Gang, index: number): Promise<Handshaken> {
  const { place } = gang
  const knocking = { identity: gang.nodes[index]!, key: gang.key(index) }
  const { signal } = new AbortController()
  const connection =
    'path' in place ? await dialSocket(place.path, knocking, signal) : await dialOverTls(place, knocking, signal)
  connection.socket.on('error', () => undefined)
  return connection
}

describe.each(ways)('the channel, by way of %s', (way: Way) => {
  describe('calls', () => {
    it('go both ways, with answers and errors', async () => {
      const joined: unknown[] = []
      await using gang = await Gang.start(2, way, {
        handlers: controlHandlers({
          join: (params, peer) => {
            joined.push([peer.index, params])
          },
          barrier: () => {
            throw new Error('no such barrier')
          },
        }),
      })
      const client = gang.client(1, {
        handlers: workerHandlers({ broadcastReceive: ({ id, parents }) => ({ sha256: id, bytes: parents.length }) }),
      })
      await client.connect()
      await client.call('join', { slots: 2, address: '127.0.0.1', facts: { gpu: [0, 1] } })
      expect(joined).toEqual([[1, { slots: 2, address: '127.0.0.1', facts: { gpu: [0, 1] } }]])
      await expect(client.call('barrier', { name: 'x', timeoutMs: 60_000 })).rejects.toThrow('no such barrier')
      expect(await gang.server.peer(1)!.call('broadcastReceive', { id: 'b', path: 'p', parents: [3, 2] })).toEqual({
        sha256: 'b',
        bytes: 2,
      })
    })

    it('reach everyone by broadcast, in order', async () => {
      await using gang = await Gang.start(5, way)
      const seen: string[][] = []
      const done = [1, 2, 3, 4].map(async index => {
        const reasons: string[] = []
        seen.push(reasons)
        const client = gang.client(index, {
          handlers: workerHandlers({
            stop: ({ reason }) => {
              reasons.push(reason)
            },
          }),
        })
        const ended = event(client, 'ended')
        await client.connect()
        return () => ended
      })
      const ends = await Promise.all(done)
      for (let i = 0; i < 100; i++) gang.server.broadcast('stop', { reason: `${i}`, graceMs: 1 })
      await gang.server.close()
      await Promise.all(ends.map(end => end()))
      for (const reasons of seen) expect(reasons).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
    })

    it('are given up on by their caller, and the callee knows', async () => {
      const aborted: unknown[] = []
      await using gang = await Gang.start(2, way, {
        handlers: controlHandlers({
          barrier: (_, __, signal) =>
            new Promise(resolve =>
              signal.addEventListener('abort', () => {
                aborted.push(signal.reason)
                resolve()
              }),
            ),
          publish: () => undefined,
        }),
      })
      const client = gang.client(1)
      await client.connect()
      await expect(client.call('barrier', { name: 'x', timeoutMs: 60_000 }, { timeout: 1 })).rejects.toEqual(
        coded('FLOW_GANG_CALL_TIMEOUT', 'barrier'),
      )
      await client.call('publish', { facts: {} })
      expect(aborted).toHaveLength(1)
      const controller = new AbortController()
      const call = client.call('barrier', { name: 'x', timeoutMs: 60_000 }, { signal: controller.signal })
      controller.abort(new Error('enough'))
      await expect(call).rejects.toThrow('enough')
    })

    it('end with the session', async () => {
      await using gang = await Gang.start(2, way, {
        handlers: controlHandlers({ barrier: () => new Promise(() => undefined) }),
      })
      const client = gang.client(1, { handlers: workerHandlers({ exec: () => new Promise(() => undefined) }) })
      await client.connect()
      const ours = client.call('barrier', { name: 'x', timeoutMs: 60_000 })
      const theirs = gang.server.peer(1)!.call('exec', { id: '1', command: ['true'], lines: false })
      const ends = Promise.allSettled([ours, theirs])
      const left = event<Peer>(gang.server, 'left')
      await client.close()
      expect((await left).index).toBe(1)
      expect((await ends).map(end => end.status === 'rejected' && (end.reason as unknown))).toEqual([
        coded('FLOW_GANG_CONTROL_LOST'),
        coded('FLOW_GANG_PEER_LOST', 'node 1'),
      ])
    })
  })

  describe('a stolen key of node 2', () => {
    it('joins neither twice nor as node 3, nor after the barrier', async () => {
      await using gang = await Gang.start(4, way)
      const node2 = gang.client(2)
      await node2.connect()
      await expect(gang.client(2).connect()).rejects.toEqual(coded('FLOW_GANG_REFUSED', 'duplicate'))

      // Node 3's name with node 2's key: no connection at all.
      await expect(gang.client(3, { key: gang.key(2) }).connect()).rejects.toEqual(
        coded('FLOW_GANG_REFUSED', 'unknown'),
      )
      // Its own name below, node 3's above.
      const node3 = gang.nodes[3]!
      const { socket } = await dial(gang, 1)
      writeFrame(socket, { t: 'hello', ...node3, session: Buffer.alloc(32), received: 0 })
      const answers: unknown[] = []
      const reader = new FrameReader()
      socket.on('data', (chunk: Buffer) => answers.push(...reader.push(chunk)))
      await once(socket, 'close')
      expect(answers.at(-1)).toMatchObject({ t: 'refuse', reason: 'impostor' })

      gang.server.closeEntry()
      await expect(gang.client(3).connect()).rejects.toEqual(coded('FLOW_GANG_REFUSED', 'late'))
      await node2.close()
      await expect(gang.client(2).connect()).rejects.toEqual(coded('FLOW_GANG_REFUSED', 'duplicate'))
      expect(gang.refusals.map(refusal => refusal.reason)).toEqual([
        'duplicate',
        'handshake',
        'impostor',
        'late',
        'duplicate',
      ])
    })

    it('cannot resume the session of the node it belongs to', async () => {
      await using gang = await Gang.start(3, way, quick)
      await using relay = await Relay.to(gang.place)
      const node2 = gang.client(2, { place: relay.place })
      await node2.connect()
      const broken = event(gang.server, 'broken')
      const resumed = event(gang.server, 'resumed')
      relay.cut()
      await broken
      const { socket } = await dial(gang, 2)
      writeFrame(socket, { t: 'hello', ...gang.nodes[2]!, session: Buffer.alloc(32, 7), received: 0 })
      await once(socket.resume(), 'close')
      await resumed
      expect(gang.refusals.map(refusal => refusal.reason)).toEqual(['duplicate'])
      expect(gang.server.peer(2)?.session.isConnected).toBe(true)
    })

    it.each(['stop', 'launchOpen', 'daemonStart', 'roster', 'constructor', '__proto__'])(
      "cannot say %s, which is control's",
      async method => {
        await using gang = await Gang.start(3, way)
        const lost = event<Peer>(gang.server, 'lost')
        const { socket } = await dial(gang, 2)
        writeFrame(socket, { t: 'hello', ...gang.nodes[2]!, session: Buffer.alloc(32, 7), received: 0 })
        writeFrame(socket, {
          t: 'data',
          seq: 1,
          ack: 0,
          body: bodyOf({ k: 'tell', m: method, p: { reason: 'evil', graceMs: 0, launch: 'x', env: {} } }),
        })
        expect((await lost).index).toBe(2)
        await once(socket.resume(), 'close')
      },
    )
  })

  describe('what is not of this gang', () => {
    it('is refused and logged: another attempt, an unknown node, another control', async () => {
      await using gang = await Gang.start(2, way)
      const stale = { ...gang.nodes[1]!, attempt: 'Flow/1/step/2/9' }
      await expect(gang.client(1, { identity: stale }).connect()).rejects.toEqual(coded('FLOW_GANG_REFUSED'))
      await expect(gang.client(1, { identity: { ...gang.nodes[1]!, index: 5 } }).connect()).rejects.toEqual(
        coded('FLOW_GANG_REFUSED'),
      )
      await expect(gang.client(1, { controlPublicKey: ControlIdentity.create().publicKey }).connect()).rejects.toEqual(
        coded('FLOW_GANG_CONTROL_NOT_TRUSTED'),
      )
      expect(gang.refusals.map(refusal => refusal.reason)).toEqual(['stale', 'unknown'])
      expect(JSON.stringify(gang.refusals)).toContain(ATTEMPT)
      // The first key's owner is still free to come.
      await gang.client(1).connect()
    })

    it('is refused as one node: a second start while the first lives, and taken once that is given up', async () => {
      const keys = new KeyTable()
      await using gang = await Gang.start(2, way, { keys })
      const [first, second] = ['first', 'second'].map(incarnation => ({ ...gang.nodes[1]!, incarnation })) as [
        NodeIdentity,
        NodeIdentity,
      ]
      for (const identity of [first, second]) keys.add(identity, deriveNodeKey(gang.secret, identity))
      const start = (identity: NodeIdentity): Promise<void> =>
        gang.client(1, { identity, key: deriveNodeKey(gang.secret, identity) }).connect()
      await start(first)
      await expect(start(second)).rejects.toEqual(coded('FLOW_GANG_REFUSED', 'duplicate'))
      gang.server.drop(1, 'its supervisor ended')
      await start(second)
      expect(gang.server.peer(1)?.incarnation).toBe('second')
    })

    it('is only closed: plain text, random bytes, a key and then garbage, an oversize frame, silence', async () => {
      await using gang = await Gang.start(6, way, quick)
      for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(5000, 0x16)]) {
        const socket = connect(gang.place as NetConnectOpts)
        socket.on('error', () => undefined)
        socket.write(bytes)
        await once(socket.resume(), 'close')
      }
      const hello = (index: number): Buffer =>
        Buffer.concat(encodeFrame({ t: 'hello', ...gang.nodes[index]!, session: Buffer.alloc(32, 7), received: 0 }))
      const data = (body: unknown): Buffer => Buffer.concat(encodeFrame({ t: 'data', seq: 1, ack: 0, body }))
      const says: [number, Buffer][] = [
        [1, Buffer.from([0, 0, 0, 3, 0xc1, 0xc1, 0xc1])],
        [1, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0])],
        [1, data('not bytes')],
        [1, Buffer.alloc(0)],
        [
          1,
          Buffer.concat([
            hello(1),
            Buffer.concat(encodeFrame({ t: 'hello', ...gang.nodes[1]!, session: Buffer.alloc(32, 7), received: 0 })),
          ]),
        ],
        [2, Buffer.concat([hello(2), data(Buffer.from([0xc1]))])],
        [3, Buffer.concat([hello(3), Buffer.from([0x7f, 0xff, 0xff, 0xff, 0])])],
        [4, Buffer.concat([hello(4), data(bodyOf({ k: 'tell', m: 'publish', p: { facts: 'none' } }))])],
        [5, Buffer.concat([hello(5), Buffer.concat(encodeFrame({ t: 'beat', ack: 99 }))])],
      ]
      for (const [index, bytes] of says) {
        const { socket } = await dial(gang, index)
        socket.resume()
        if (bytes.length > 0) socket.write(bytes)
        await once(socket, 'close')
      }
      expect(gang.server.peers.size).toBe(0)
      expect(gang.refusals.map(refusal => refusal.reason)).toEqual([
        'handshake',
        'handshake',
        'violation',
        'violation',
        'violation',
        'silent',
      ])
    })
  })

  describe('a broken connection', () => {
    it('is resumed within the lease: nothing lost, nothing doubled, whichever side spoke', async () => {
      const heard: string[] = []
      const told: number[] = []
      let all: () => void
      const everything = new Promise<void>(resolve => {
        all = resolve
      })
      const TOTAL = 400
      const check = (): void => {
        if (heard.length >= TOTAL && told.length >= TOTAL) all()
      }
      await using gang = await Gang.start(2, way, {
        heartbeatMs: 60,
        leaseMs: 5_000,
        handlers: controlHandlers({
          warning: ({ message }) => {
            heard.push(message)
            check()
          },
        }),
      })
      await using relay = await Relay.to(gang.place)
      const client = gang.client(1, {
        place: relay.place,
        handlers: workerHandlers({
          facts: ({ node }) => {
            told.push(node)
            check()
          },
        }),
      })
      await client.connect()
      const peer = gang.server.peer(1)!
      for (let i = 0; i < TOTAL; i++) {
        client.tell('warning', { message: `${i}` })
        peer.tell('facts', { node: i, facts: {} })
        if (i % 100 === 50) {
          const resumed = event(client, 'resumed')
          if (i === 150) relay.freeze()
          else relay.cut()
          await resumed
        }
      }
      await everything
      expect(heard).toEqual(Array.from({ length: TOTAL }, (_, i) => `${i}`))
      expect(told).toEqual(Array.from({ length: TOTAL }, (_, i) => i))
      expect(gang.server.peer(1)).toBe(peer)
    })

    it('is a loss when the lease runs out, on both sides, and a half-open one too', async () => {
      await using gang = await Gang.start(3, way, quick)
      for (const [index, breaks] of [
        [1, 'cut'],
        [2, 'freeze'],
      ] as const) {
        await using relay = await Relay.to(gang.place)
        const client = gang.client(index, { place: relay.place })
        await client.connect()
        const lost = once(gang.server, 'lost')
        const lostControl = event(client, 'lost')
        relay.close()
        relay[breaks]()
        const [peer, error] = (await lost) as [Peer, Error]
        expect(peer.index).toBe(index)
        expect(error).toEqual(coded('FLOW_GANG_PEER_LOST', `node ${index}`))
        expect(await lostControl).toEqual(coded('FLOW_GANG_CONTROL_LOST'))
        // Given up is given up.
        await expect(gang.client(index).connect()).rejects.toEqual(coded('FLOW_GANG_REFUSED', 'duplicate'))
      }
    })

    it('is a loss at once when its end is known', async () => {
      await using gang = await Gang.start(2, way)
      const client = gang.client(1)
      await client.connect()
      const lost = once(gang.server, 'lost')
      const lostControl = event(client, 'broken')
      gang.server.drop(1, 'its supervisor ended')
      expect((await lost)[1]).toEqual(coded('FLOW_GANG_PEER_LOST', 'its supervisor ended'))
      await lostControl
    })
  })

  describe('connect', () => {
    it('waits for control, and gives up at its timeout', async () => {
      await using gang = await Gang.start(2, way)
      const nobody = createServer()
      const place = await listenBeside(nobody, gang.place)
      nobody.close()
      await once(nobody, 'close')
      await expect(gang.client(1, { place, connectTimeoutMs: 50 }).connect()).rejects.toEqual(
        coded('FLOW_GANG_CONTROL_UNREACHABLE'),
      )
    })

    it('binds the proof to the connection', async () => {
      await using gang = await Gang.start(2, way)
      const connections = await Promise.all([1, 1].map(index => dial(gang, index)))
      const [a, b] = connections.map(({ binding }) => binding.toString('hex'))
      expect(a).not.toBe(b)
      for (const { socket } of connections) socket.destroy()
    })
  })
})

// Who can put itself between processes of one machine is their user, and needs no key for it.
describe('a stolen key of node 2, on a network', () => {
  it('cannot pose as control to node 2, not even by relaying what control says', async () => {
    await using gang = await Gang.start(3, 'tls')
    const launched: string[] = []
    const sessions: unknown[] = []
    // The thief answers in control's place, and asks control to sign for it.
    const thief = await listenOverTls(
      { host: '127.0.0.1', port: 0 },
      {
        handshakeMs: 1_000,
        keyOf: () => gang.key(2),
        onFailed: (_, error) => {
          throw error
        },
        onKnown: ({ socket: victim }) =>
          void (async () => {
            const { socket: toControl } = await dial(gang, 2)
            const fromVictim = new MessageStream<{ t: string }, unknown>(victim, victim)
            const fromControl = new MessageStream<{ t: string }, unknown>(toControl, toControl)
            fromVictim.onMessage(frame => {
              sessions.push(frame)
              fromControl.send(frame)
            })
            fromVictim.onEnd(() => toControl.destroy())
            fromControl.onMessage(frame => {
              fromVictim.send(frame)
              fromVictim.send({ t: 'welcome', received: 0, heartbeatMs: 1000, leaseMs: 1000 })
              fromVictim.send({
                t: 'data',
                seq: 1,
                ack: 0,
                body: bodyOf({
                  k: 'tell',
                  m: 'launchOpen',
                  p: { launch: 'evil', env: {}, nodeEnv: {}, cwd: '/', input: null, lines: false },
                }),
              })
            })
          })(),
      },
    )
    const node2 = gang.client(2, {
      place: thief.place,
      handlers: workerHandlers({
        launchOpen: ({ launch }) => {
          launched.push(launch)
        },
      }),
    })
    await expect(node2.connect()).rejects.toEqual(coded('FLOW_GANG_CONTROL_NOT_TRUSTED'))
    thief.close()
    expect(launched).toEqual([])
    expect(sessions).toEqual([])
  })
})
