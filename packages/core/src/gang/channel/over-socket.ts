import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { readExactly } from '../../process/read-exactly.js'
import { channelIdentity, isSameSecret } from '../keys.js'
import { BACKLOG, type Entrance, type EntranceOptions, type Handshaken, type Knocking } from './entrance.js'
import { keyNotKnown } from './refused.js'

/*
 * Between processes of one machine and one user. Nobody else can enter the directory of the socket, so nothing is
 * encrypted; which node it is that connects is shown by its key:
 *
 *   control   its nonce
 *   node      its nonce, a MAC with its key over both nonces and its identity, the length of the identity, the identity
 *   control   one byte: whether it knows the key
 */
const NONCE_BYTES = 32
const MAC_BYTES = 32
const LENGTH_BYTES = 2
const HEAD_BYTES = NONCE_BYTES + MAC_BYTES + LENGTH_BYTES
const MAX_IDENTITY_BYTES = 1024
const KNOWN = 1
const UNKNOWN = 0

/** Takes connections by a socket at this path, at most 107 bytes of it. */
export async function listenOnSocket(path: string, options: EntranceOptions): Promise<Entrance> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void greet(socket, options)
  })
  server.listen({ path, backlog: BACKLOG })
  await once(server, 'listening')
  return { place: { path }, sockets, close: () => void server.close() }
}

async function greet(socket: Socket, { keyOf, onKnown, onFailed, handshakeMs }: EntranceOptions): Promise<void> {
  // Its close tells, and whoever reads then hears of it.
  socket.on('error', () => undefined)
  const patience = new AbortController()
  const limit = patience.signal
  const timer = setTimeout(() => patience.abort(new Error(`no handshake within ${handshakeMs} ms`)), handshakeMs)
  try {
    const ours = randomBytes(NONCE_BYTES)
    socket.write(ours)
    const head = must(await readExactly(socket, HEAD_BYTES, limit))
    const theirs = head.subarray(0, NONCE_BYTES)
    const shown = head.subarray(NONCE_BYTES, NONCE_BYTES + MAC_BYTES)
    const length = head.readUInt16BE(NONCE_BYTES + MAC_BYTES)
    if (length > MAX_IDENTITY_BYTES) throw new Error(`it claims an identity of ${length} bytes`)
    const identity = must(await readExactly(socket, length, limit))
    const key = keyOf(socket, identity.toString())
    if (key === null) {
      turnAway(socket)
      return
    }
    if (!isSameSecret(shown, macOf(key, 'node', { ours, theirs, identity }))) {
      turnAway(socket)
      onFailed(socket, new Error('the wrong key'))
      return
    }
    socket.write(Buffer.of(KNOWN))
    onKnown({ socket, binding: macOf(key, 'binding', { ours, theirs, identity }) })
  } catch (error) {
    socket.destroy()
    onFailed(socket, error as Error)
  } finally {
    clearTimeout(timer)
  }
}

/** Says so, and does not wait for the other to go. */
function turnAway(socket: Socket): void {
  socket.write(Buffer.of(UNKNOWN))
  socket.destroySoon()
}

/** Connects to control. @throws `FLOW_GANG_REFUSED` when it does not know the key. */
export async function dialSocket(path: string, knocking: Knocking, signal: AbortSignal): Promise<Handshaken> {
  const { key } = knocking
  const socket = connect({ path })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect', { signal })
    const ours = must(await readExactly(socket, NONCE_BYTES, signal))
    const theirs = randomBytes(NONCE_BYTES)
    const identity = Buffer.from(channelIdentity(knocking.identity))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt16BE(identity.length)
    socket.write(Buffer.concat([theirs, macOf(key, 'node', { ours, theirs, identity }), length, identity]))
    const [answer] = must(await readExactly(socket, 1, signal))
    if (answer !== KNOWN) throw keyNotKnown()
    return { socket, binding: macOf(key, 'binding', { ours, theirs, identity }) }
  } catch (error) {
    socket.destroy()
    throw error
  }
}

interface Said {
  /** Control's nonce. */
  readonly ours: Uint8Array
  /** The node's. */
  readonly theirs: Uint8Array
  readonly identity: Uint8Array
}

/** Nonces have one length, and the identity comes last: what was said can be read in one way only. */
function macOf(key: Uint8Array, use: 'node' | 'binding', { ours, theirs, identity }: Said): Buffer {
  const mac = createHmac('sha256', key).update(`flow gang channel: ${use}\0`)
  return mac.update(ours).update(theirs).update(identity).digest()
}

function must(bytes: Buffer | undefined): Buffer {
  if (bytes === undefined) throw new Error('the connection ended in its handshake')
  return bytes
}
