import { FlowError } from '@flow/core'
import type { KvAddress } from './start-server.js'

/** What a body calls: each method runs in the node's agent. */
export class KvStore {
  /** Where the service is. */
  readonly url: string
  /** The service's process, on control. */
  readonly pid: number
  readonly #token: string

  constructor({ url, token, pid }: KvAddress) {
    this.url = url
    this.pid = pid
    this.#token = token
  }

  /** The value of a key; null when it has none. */
  get(key: string): Promise<unknown> {
    return this.#ask('GET', key)
  }

  /** Sets a key to a value that JSON can say. */
  async set(key: string, value: unknown): Promise<void> {
    await this.#ask('PUT', key, JSON.stringify(value))
  }

  /** Adds to the number of a key, which begins at 0. Returns the sum. No two calls get the same one. */
  async add(key: string, by: number): Promise<number> {
    return Number(await this.#ask('POST', key, String(by)))
  }

  async #ask(method: string, key: string, body?: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${this.#token}` }
    try {
      const response = await fetch(`${this.url}/${encodeURIComponent(key)}`, { method, headers, body: body ?? null })
      if (response.ok) return await response.json()
      throw new Error(`${response.status} ${await response.text()}`)
    } catch (cause) {
      throw new FlowError('FLOW_KV_REQUEST_FAILED', {
        message: `kv: ${method} ${key} failed: ${cause instanceof Error ? cause.message : String(cause)}`,
        why: `The service is ${this.url}, on node 0.`,
        fix: 'Values have to be JSON. Whether the service lives, the log of node 0 tells.',
        cause,
      })
    }
  }
}
