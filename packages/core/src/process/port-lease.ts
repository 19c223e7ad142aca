import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

/** Below it are the ports of well-known services. */
const LOWEST = 20_000
const TRIES = 100

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
    const below = firstEphemeralPort()
    const tries = below > LOWEST ? TRIES : 0
    for (let n = 0; n < tries; n++) {
      const held = await HeldPort.#hold(randomInt(LOWEST, below))
      if (held !== undefined) return held
    }
    const held = await HeldPort.#hold(0)
    if (held === undefined) throw new Error('this machine has no free port')
    return held
  }

  /** Undefined when another program has it. */
  static async #hold(port: number): Promise<HeldPort | undefined> {
    const server = createServer()
    server.unref()
    server.listen({ host: '0.0.0.0', port, exclusive: true })
    try {
      await once(server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
      throw error
    }
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

/**
 * The kernel gives ports from here on to any program's outgoing connections. A leased one is below: between its release
 * and the moment at which a slow program binds it (PyTorch takes seconds) it would now and then be one of those.
 */
function firstEphemeralPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/)[0])
  } catch {
    return 32_768
  }
}
