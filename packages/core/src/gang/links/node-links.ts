import { once } from 'node:events'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions, Server, TLSSocket, TlsOptions } from 'node:tls'
import { constants } from 'node:crypto'
import * as v from 'valibot'
import { FlowError } from '../../errors/index.js'
import { writeFrame } from '../../process/frames.js'
import type { NodeCertificate } from '../channel/index.js'
import { type Certificate, fingerprintOf, makeCertificate } from './certificate.js'
import { linkAnswer, linkHeader, type LinkPurpose, readHead } from './header.js'

/** A link as its acceptor gets it: `accept` hands it to its users, `socket.destroy()` refuses it. */
export interface IncomingLink<P extends LinkPurpose = LinkPurpose> {
  readonly from: number
  readonly purpose: P
  readonly socket: Duplex
  accept(): Duplex
}

export interface NodeLinksOptions {
  /** Index of this node. */
  readonly index: number
  /** Address on which this node takes links: its roster address. */
  readonly host: string
  /** What another node shows, as control says: over the channel. Asked once for a node. */
  readonly certificateOf: (index: number) => Promise<NodeCertificate>
}

export interface OpenOptions {
  /** Milliseconds until the other node accepted. Default 60,000. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

type Handlers = {
  readonly [K in LinkPurpose['kind']]?: (link: IncomingLink<Extract<LinkPurpose, { kind: K }>>) => void
}

interface Open {
  readonly server: Server
  readonly certificate: Certificate
  readonly port: number
}

const HEAD_TIMEOUT_MS = 10_000

const linkTls = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  // Bulk: AES with hardware help first.
  ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const satisfies ConnectionOptions & TlsOptions

/**
 * Connections between any two nodes of a gang, for bulk. Both ends show their certificate, and each is compared with
 * what control says of that node over the channel. Nothing is made before the first link.
 *
 * @example
 * declare const certificateOf: NodeLinksOptions['certificateOf']
 * const links = new NodeLinks({ index: 1, host: '10.0.0.2', certificateOf })
 * links.handle({ stream: link => link.accept().pipe(process.stdout) })
 * const socket = await links.open(2, { kind: 'stream', name: 'halo' })
 */
export class NodeLinks implements AsyncDisposable {
  readonly #options: NodeLinksOptions
  readonly #peers = new Map<number, Promise<NodeCertificate>>()
  /** Those in their handshake too. */
  readonly #sockets = new Set<Socket>()
  readonly #closed = new AbortController()
  #handlers: Handlers = {}
  #opened: Promise<Open> | undefined

  constructor(options: NodeLinksOptions) {
    this.#options = options
  }

  get index(): number {
    return this.#options.index
  }

  /** What to do with links that other nodes open, by their purpose; one without a handler is refused. */
  handle(handlers: Handlers): void {
    this.#handlers = { ...this.#handlers, ...handlers }
  }

  /** Where this node takes links; makes its certificate and opens its port at the first call. */
  async certificate(): Promise<NodeCertificate> {
    const { certificate, port } = await this.#open()
    return { address: this.#options.host, port, fingerprint: certificate.fingerprint }
  }

  /**
   * Opens a link to another node; resolves when that node accepted it. `FLOW_GANG_LINK_FAILED` when it does not,
   * `FLOW_GANG_LINK_NOT_TRUSTED` when what answers is not that node.
   */
  async open(to: number, purpose: LinkPurpose, { timeout = 60_000, signal }: OpenOptions = {}): Promise<Duplex> {
    const limit = AbortSignal.any([
      AbortSignal.timeout(timeout),
      this.#closed.signal,
      ...(signal === undefined ? [] : [signal]),
    ])
    let socket: TLSSocket | undefined
    try {
      const { connect } = await import('node:tls')
      const [peer, { certificate }] = await Promise.all([this.#peer(to), this.#open()])
      limit.throwIfAborted()
      // allowHalfOpen is documented for tls.connect, and missing from its types.
      const options: ConnectionOptions & { readonly allowHalfOpen: boolean } = {
        host: peer.address,
        port: peer.port,
        ...linkTls,
        key: certificate.key,
        cert: certificate.cert,
        allowHalfOpen: true,
        // Nobody vouches for it but control: the fingerprint is compared below, before a byte is sent.
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
      }
      socket = connect(options)
      this.#track(socket)
      await once(socket, 'secureConnect', { signal: limit })
      if (shownBy(socket) !== peer.fingerprint) throw notTrusted(this.index, to)
      writeFrame(socket, { from: this.index, purpose })
      const answer = v.safeParse(linkAnswer, await readHead(socket, limit))
      if (!answer.success) throw new Error('the other node refused it')
      return socket
    } catch (cause) {
      socket?.destroy()
      if (FlowError.is(cause) && cause.code === 'FLOW_GANG_LINK_NOT_TRUSTED') throw cause
      // It may have come back at another place, or be gone: ask again next time.
      this.#peers.delete(to)
      throw linkFailed(this.index, to, cause)
    }
  }

  /** Ends all links. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('this node ends'))
    const opened = await this.#opened?.catch(() => undefined)
    for (const socket of this.#sockets) socket.destroy()
    if (opened !== undefined) await new Promise<void>(resolve => opened.server.close(() => resolve()))
  }

  #peer(index: number): Promise<NodeCertificate> {
    const known = this.#peers.get(index)
    if (known !== undefined) return known
    const asked = this.#options.certificateOf(index)
    this.#peers.set(index, asked)
    asked.catch(() => this.#peers.delete(index))
    return asked
  }

  #open(): Promise<Open> {
    this.#opened ??= this.#listen()
    return this.#opened
  }

  async #listen(): Promise<Open> {
    const certificate = await makeCertificate(`flow node ${this.index}`)
    const { createServer } = await import('node:tls')
    this.#closed.signal.throwIfAborted()
    const server = createServer(
      {
        ...linkTls,
        key: certificate.key,
        cert: certificate.cert,
        allowHalfOpen: true,
        handshakeTimeout: HEAD_TIMEOUT_MS,
        requestCert: true,
        rejectUnauthorized: false,
      },
      socket => void this.#incoming(socket),
    )
    server.on('connection', (socket: Socket) => this.#track(socket))
    server.on('tlsClientError', (_, socket) => socket.destroy())
    server.listen({ host: this.#options.host, port: 0, backlog: 1024 })
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    return { server, certificate, port: address.port }
  }

  async #incoming(socket: TLSSocket): Promise<void> {
    this.#track(socket)
    try {
      const limit = AbortSignal.any([AbortSignal.timeout(HEAD_TIMEOUT_MS), this.#closed.signal])
      const { from, purpose } = v.parse(linkHeader, await readHead(socket, limit))
      if (shownBy(socket) !== (await this.#peer(from)).fingerprint) throw notTrusted(this.index, from)
      const accept = (): Duplex => {
        writeFrame(socket, { accepted: true })
        return socket
      }
      // The handler of a kind takes links of that kind; TypeScript cannot see that through the lookup.
      const handler = this.#handlers[purpose.kind] as ((link: IncomingLink) => void) | undefined
      if (handler === undefined) throw new Error(`nothing here takes a '${purpose.kind}'`)
      handler({ from, purpose, socket, accept })
    } catch {
      // Whoever connected sees its end; what is behind is its own to tell.
      socket.destroy()
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    // Users of a link see its errors at their own listeners; without one they must not end the agent.
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

/** Fingerprint of what the other end showed; empty when it showed nothing. */
function shownBy(socket: TLSSocket): string {
  const der = socket.getPeerX509Certificate()?.raw
  return der === undefined ? '' : fingerprintOf(der)
}

function notTrusted(me: number, other: number): FlowError {
  return new FlowError('FLOW_GANG_LINK_NOT_TRUSTED', {
    message: `What claims to be node ${other} on a link with node ${me} shows another certificate than control says.`,
    why: "Something else listens at that node's address, or the connection is being tampered with.",
    fix: 'Check what else runs at that address; treat the network between the nodes as attacked.',
    details: { node: me, other },
  })
}

function linkFailed(me: number, other: number, cause: unknown): FlowError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new FlowError('FLOW_GANG_LINK_FAILED', {
    message: `Node ${me} could not open a link to node ${other}: ${text}.`,
    why: 'The node ended, or the network does not let nodes connect to each other.',
    fix: 'Check that nodes can open TCP connections to each other on any port.',
    details: { node: me, other },
    cause,
  })
}
