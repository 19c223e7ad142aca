import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { ConnectionOptions, SecureContext, TLSSocket, TlsOptions } from 'node:tls'
import { channelIdentity } from '../keys.js'
import { BACKLOG, type Entrance, type EntranceOptions, type Handshaken, type Knocking } from './entrance.js'
import { keyNotKnown } from './refused.js'

/**
 * A pre-shared key for each node, fresh Diffie-Hellman keys for each connection. No tickets: a resumed TLS session
 * would come in without its key being looked up again.
 */
const channelTls = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  ecdhCurve: 'X25519',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies ConnectionOptions & TlsOptions

/** Loading it alone makes Node read all its root certificates, a third of an agent's start: only where it is used. */
const loadTls = (): Promise<typeof import('node:tls')> => import('node:tls')

/** Takes connections on this address. `port` 0: any free one. */
export async function listenOverTls(
  { host, port }: { readonly host: string; readonly port: number },
  { keyOf, onKnown, onFailed, handshakeMs }: EntranceOptions,
): Promise<Entrance> {
  const { createServer } = await loadTls()
  const sockets = new Set<Socket>()
  const server = createServer({
    ...channelTls,
    handshakeTimeout: handshakeMs,
    pskCallback: keyOf,
  } as Parameters<typeof createServer>[0])
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: TLSSocket) => onKnown({ socket, binding: bindingOf(socket) }))
  server.on('tlsClientError', (error: Error & { readonly code?: string }, socket: TLSSocket) => {
    socket.destroy()
    // It was told of when its key was asked for.
    if (error.code !== 'ERR_SSL_PSK_IDENTITY_NOT_FOUND') onFailed(socket, error)
  })
  server.listen({ host, port, backlog: BACKLOG })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return { place: { host, port: address.port }, sockets, close: () => void server.close() }
}

/** Connects to control. @throws `FLOW_GANG_REFUSED` when it does not know the key. */
export async function dialOverTls(
  { host, port }: { readonly host: string; readonly port: number },
  { identity, key }: Knocking,
  signal: AbortSignal,
): Promise<Handshaken> {
  const { connect, createSecureContext } = await loadTls()
  signal.throwIfAborted()
  // It holds no key, so one serves all of a process.
  context ??= createSecureContext(channelTls)
  const socket = connect({
    host,
    port,
    ...channelTls,
    secureContext: context,
    // With a pre-shared key there is no certificate; control's signature follows.
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk: Buffer.from(key), identity: channelIdentity(identity) }),
  })
  try {
    await once(socket, 'secureConnect', { signal })
    return { socket, binding: bindingOf(socket) }
  } catch (error) {
    // An error that comes later is nobody's.
    socket.on('error', () => undefined)
    socket.destroy()
    const code = (error as { readonly code?: string }).code ?? ''
    throw KEY_ERRORS.test(code) ? keyNotKnown() : error
  }
}

const KEY_ERRORS = /^ERR_SSL_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY$|DECRYPT_ERROR|BAD_RECORD_MAC/

let context: SecureContext | undefined

/** Exported keying material (RFC 5705). */
function bindingOf(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(32, 'EXPORTER-flow-gang-channel', Buffer.alloc(0))
}
