import { constants } from 'node:crypto'
import {
  type ConnectionOptions,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls'

/**
 * A pre-shared key for each node, fresh Diffie-Hellman keys for each connection. No tickets: a resumed TLS session
 * would come in without its key being looked up again.
 */
export const channelTls = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: 'ECDHE-PSK-CHACHA20-POLY1305',
  ecdhCurve: 'X25519',
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const satisfies ConnectionOptions & TlsOptions

/** Bytes that both ends of this connection, and nobody else, know (RFC 5705): what control signs. */
export function connectionBinding(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(32, 'EXPORTER-flow-gang-channel', Buffer.alloc(0))
}

let context: SecureContext | undefined

/** What clients connect with: it holds no key, so one serves all of a process. */
export function clientContext(): SecureContext {
  context ??= createSecureContext(channelTls)
  return context
}
