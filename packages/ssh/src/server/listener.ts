import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { SshServer } from './server.js'

/**
 * The port of a node's SSH. It is held by the node's agent from the first moment on, whichever server serves it, and
 * goes with the agent, however that ends.
 */
export class Listener implements AsyncDisposable {
  readonly #server: Server
  #ssh: SshServer | undefined

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', (socket: Socket) => {
      // Whoever hangs up early says so with an error; there is nothing to be done about it.
      socket.on('error', () => undefined)
      if (this.#ssh === undefined) socket.destroy()
      else this.#ssh.serve(socket)
    })
  }

  /** Listens at a port that the system picks. */
  static async listen(address: string): Promise<Listener> {
    // Nagle's delay would add 40 ms to each keystroke-sized answer.
    const server = createServer({ pauseOnConnect: true, noDelay: true })
    server.listen({ host: address, port: 0, exclusive: true, backlog: 1024 })
    await once(server, 'listening')
    return new Listener(server)
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    return address.port
  }

  /** Serves connections by `ssh` from now on, instead of what served them. */
  use(ssh: SshServer): void {
    this.#ssh = ssh
  }

  /** No new connections. */
  stop(): void {
    this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#ssh?.close()
  }
}
