import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  ChannelClient,
  type ChannelClientOptions,
  type ChannelPlace,
  ChannelServer,
  type ChannelServerOptions,
  type ControlHandlers,
  controlMethods,
  type Refusal,
  type WorkerHandlers,
  workerMethods,
} from '../../src/gang/channel/index.js'
import {
  ControlIdentity,
  deriveNodeKey,
  KeyTable,
  newAttemptSecret,
  newIncarnation,
  type NodeIdentity,
} from '../../src/gang/keys.js'

export const ATTEMPT = 'Flow/1/step/2/0'

// Every method, whatever methods there are: a test gives those that it expects.
const unexpected = (name: string) => (): never => {
  throw new Error(`${name} was not expected`)
}

export function controlHandlers(some: Partial<ControlHandlers> = {}): ControlHandlers {
  const names = Object.keys(controlMethods)
  return { ...(Object.fromEntries(names.map(name => [name, unexpected(name)])) as unknown as ControlHandlers), ...some }
}

export function workerHandlers(some: Partial<WorkerHandlers> = {}): WorkerHandlers {
  const names = Object.keys(workerMethods)
  return { ...(Object.fromEntries(names.map(name => [name, unexpected(name)])) as unknown as WorkerHandlers), ...some }
}

/** A server with keys for `size` nodes, and what it takes to be any of them. */
export class Gang implements AsyncDisposable {
  readonly secret = newAttemptSecret()
  readonly nodes: readonly NodeIdentity[]
  readonly control = ControlIdentity.create()
  readonly server: ChannelServer
  readonly refusals: Refusal[] = []
  readonly #clients: ChannelClient[] = []
  readonly #dir = mkdtempSync(join(tmpdir(), 'channel-'))
  place: ChannelPlace

  private constructor(size: number, way: Way, options: Partial<ChannelServerOptions>) {
    this.place = newPlace(way, this.#dir)
    this.nodes = Array.from({ length: size }, (_, index) => ({
      attempt: ATTEMPT,
      index,
      incarnation: newIncarnation(),
    }))
    this.server = new ChannelServer({
      attempt: ATTEMPT,
      keys: KeyTable.derive(this.secret, this.nodes),
      identity: this.control,
      handlers: controlHandlers(),
      ...options,
    })
    this.server.on('refused', refusal => this.refusals.push(refusal))
  }

  static async start(size: number, way: Way, options: Partial<ChannelServerOptions> = {}): Promise<Gang> {
    const gang = new Gang(size, way, options)
    gang.place = await gang.server.listen(gang.place)
    return gang
  }

  key(index: number): Buffer {
    return deriveNodeKey(this.secret, this.nodes[index]!)
  }

  client(index: number, options: Partial<ChannelClientOptions> = {}): ChannelClient {
    const client = new ChannelClient({
      place: this.place,
      identity: this.nodes[index]!,
      key: this.key(index),
      controlPublicKey: this.control.publicKey,
      handlers: workerHandlers(),
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map(client => client.close()))
    await this.server.close()
    rmSync(this.#dir, { recursive: true })
  }
}

/** Over a network, or between processes of one machine. */
export const ways = ['tls', 'socket'] as const
export type Way = (typeof ways)[number]

/** Where control shall take connections. */
function newPlace(way: Way, dir: string): ChannelPlace {
  return way === 'tls' ? { host: '127.0.0.1', port: 0 } : { path: join(dir, 'control') }
}

export async function event<T = unknown>(emitter: object, name: string): Promise<T> {
  const [first] = await once(emitter as never, name)
  return first as T
}
