import type { Socket } from 'node:net'

/** What serves the connections that a node's listener accepts. */
export interface SshServer {
  readonly kind: 'openssh' | 'builtin'
  /** Takes over a connection; it is paused, and nothing was read of it. */
  serve(socket: Socket): void
  /** Ends all connections and what serves them. */
  close(): Promise<void>
}
