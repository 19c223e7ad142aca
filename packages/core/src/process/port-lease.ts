import { createServer, type Server } from 'node:net'
import { once } from 'node:events'

/**
 * A port bound on every address of this machine, so that nobody else gets it: some programs (TensorFlow) bind theirs
 * on the wildcard address whatever they are told. Freed at the moment its program is about to bind it.
 */
export class HeldPort implements AsyncDisposable {
  readonly port: number
  readonly #server: Server

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async lease(): Promise<HeldPort> {
    const server = createServer()
    server.unref()
    server.listen({ host: '0.0.0.0', port: 0, exclusive: true })
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
    return new HeldPort(server, address.port)
  }

  async release(): Promise<void> {
    if (!this.#server.listening) return
    await new Promise<void>(resolve => this.#server.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release()
  }
}
