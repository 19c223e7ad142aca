import { timingSafeEqual } from 'node:crypto'
import type { Socket } from 'node:net'
import ssh2 from 'ssh2'
import type { AuthContext, Connection } from 'ssh2'
import { blobOf } from '../keys.js'
import { serveSession, type SessionHost } from './builtin-session.js'
import type { SshServer } from './server.js'

export interface BuiltInOptions extends SessionHost {
  /** Private host key, as OpenSSH writes it. */
  readonly hostKey: string
  readonly user: string
  /** Public keys that may log in now. */
  readonly allowed: () => readonly string[]
}

/** Until then a client has to have shown its key. */
const LOGIN_MS = 60_000
// Without ssh2's native part the others are slow; these are Node's own. Clients have them since OpenSSH 6.2 (2013).
const CIPHERS = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'] as const

/** The server that comes along: ssh2's, in the node's agent. No terminals, no forwarding of any kind. */
export class BuiltIn implements SshServer {
  readonly kind = 'builtin'
  readonly #server: ssh2.Server
  readonly #options: BuiltInOptions
  readonly #sockets = new Map<Socket, NodeJS.Timeout>()

  constructor(options: BuiltInOptions) {
    this.#options = options
    this.#server = new ssh2.Server({
      hostKeys: [options.hostKey],
      algorithms: { cipher: [...CIPHERS] },
      ident: 'Flow',
    })
    this.#server.on('connection', client => this.#greet(client))
  }

  serve(socket: Socket): void {
    this.#sockets.set(
      socket,
      setTimeout(() => socket.destroy(), LOGIN_MS),
    )
    socket.once('close', () => {
      clearTimeout(this.#sockets.get(socket))
      this.#sockets.delete(socket)
    })
    this.#server.injectSocket(socket)
    socket.resume()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.keys()) socket.destroy()
  }

  #greet(client: Connection): void {
    // A client that breaks off, or speaks another protocol, is gone with its socket.
    client.on('error', () => undefined)
    client.on('authentication', context => {
      if (this.#isAllowed(context)) context.accept()
      else context.reject(['publickey'])
    })
    client.on('ready', () => {
      client.on('session', accept => serveSession(this.#options, accept()))
    })
  }

  /** The user's own name, a key that may log in, and (on the second call) proof that the client has it (RFC 4252, 7). */
  #isAllowed(context: AuthContext): boolean {
    if (context.method !== 'publickey' || context.username !== this.#options.user) return false
    const { key, signature, blob, hashAlgo } = context
    const known = this.#options.allowed().find(one => isEqual(blobOf(one), key.data))
    if (known === undefined) return false
    if (signature === undefined || blob === undefined) return signature === undefined
    const parsed = ssh2.utils.parseKey(known)
    if (parsed instanceof Error) return false
    // Its types leave out that it may be an error, too.
    const verified: unknown = parsed.verify(blob, signature, hashAlgo)
    return verified === true
  }
}

function isEqual(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
