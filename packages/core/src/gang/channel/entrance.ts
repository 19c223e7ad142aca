import type { Socket } from 'node:net'
import type { NodeIdentity } from '../keys.js'

/** Where control takes connections: on the network, or by a socket in a directory that only its user may enter. */
export type ChannelPlace = { readonly host: string; readonly port: number } | { readonly path: string }

/** A connection whose two ends have shown that they hold the same node's key. */
export interface Handshaken {
  readonly socket: Socket
  /** What this connection has to itself, and both ends know: control signs it. */
  readonly binding: Buffer
}

export interface EntranceOptions {
  /** The key that this node has to hold. null: it is no node of ours, which the callee tells whom it concerns. */
  readonly keyOf: (socket: Socket, identity: string) => Buffer | null
  readonly onKnown: (connection: Handshaken) => void
  /** Somebody who could not show that it holds a key; the socket is closed. */
  readonly onFailed: (socket: Socket, error: Error & { readonly code?: string }) => void
  /** Milliseconds that a handshake may take. */
  readonly handshakeMs: number
}

/** Control's open door. */
export interface Entrance {
  readonly place: ChannelPlace
  /** All connections, from before their handshake on. */
  readonly sockets: ReadonlySet<Socket>
  /** Takes no more of them; those that are open stay. */
  close(): void
}

/** Who knocks, and by which key. */
export interface Knocking {
  readonly identity: NodeIdentity
  readonly key: Uint8Array
}

/** The kernel's limit holds anyway; below it a thousand nodes may knock at once. */
export const BACKLOG = 4096
