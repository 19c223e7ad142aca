import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { StreamTicket } from '../../body/index.js'
import type { NodeCertificate } from '../channel/index.js'
import { Broadcasts, NodeLinks, NodeStreams } from '../links/index.js'
import type { Bootstrap } from '../protocol.js'

export interface BulkOptions {
  readonly index: number
  readonly host: string
  readonly nodeDir: string
  readonly workDir: string
  /** What another node shows: control knows, or asks it. */
  readonly certificateOf: (index: number) => Promise<NodeCertificate>
}

/** What goes from node to node beside the channel: streams of bodies, and broadcasts. Nothing is open before the first. */
export class Bulk implements AsyncDisposable {
  readonly links: NodeLinks
  readonly broadcasts: Broadcasts
  readonly #streams: NodeStreams
  readonly #dir: string
  #nextSocket = 1

  constructor({ index, host, nodeDir, workDir, certificateOf }: BulkOptions) {
    this.#dir = nodeDir
    this.links = new NodeLinks({ index, host, certificateOf })
    this.#streams = new NodeStreams(this.links)
    this.broadcasts = new Broadcasts({ links: this.links, root: workDir })
  }

  /** A stream for the body: it finds its bytes in a socket of the node's private directory. */
  async ticket(
    node: number,
    options: { readonly name?: string; readonly timeout?: number },
    signal: AbortSignal,
  ): Promise<StreamTicket> {
    const remote = await this.#streams.stream(node, { ...options, signal })
    const path = join(this.#dir, `stream.${this.#nextSocket++}`)
    const server = createServer({ allowHalfOpen: true }, local => {
      server.close()
      connectBoth(local, remote)
    })
    remote.once('close', () => server.close())
    server.listen(path)
    await once(server, 'listening')
    return { path }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.links[Symbol.asyncDispose]()
  }
}

/** Both ways; the end of one direction leaves the other open, an error ends both. */
function connectBoth(one: Duplex, other: Duplex): void {
  one.pipe(other)
  other.pipe(one)
  for (const [stream, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    stream.once('error', () => peer.destroy())
    stream.once('close', () => {
      if (!stream.readableEnded) peer.destroy()
    })
  }
}

/** Where a node takes links, and where it puts what it takes. */
export function bulkPlaces({ index, address, places }: Bootstrap): Omit<BulkOptions, 'certificateOf'> {
  return { index, host: address, nodeDir: places.nodeDir, workDir: workDirOf(places) }
}

/** The working directory of a node's body and ranks. */
export function workDirOf({ nodeDir }: Bootstrap['places']): string {
  return join(nodeDir, 'work')
}
