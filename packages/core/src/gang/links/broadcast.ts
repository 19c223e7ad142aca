import { createHash, randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import type { Duplex } from 'node:stream'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { FlowError } from '../../errors/index.js'
import type { IncomingLink, NodeLinks } from './node-links.js'
import type { LinkPurpose } from './header.js'
import { scan } from './manifest.js'
import { Layout, Payload, PayloadReader } from './payload.js'
import { PayloadWriter } from './payload-writer.js'
import { pull, serve } from './transfer.js'

// How far back a node looks for another source before it asks control.
const MAX_PARENTS = 8
const DEFAULT_STALL_MS = 10_000
// A dead node refuses at once; one that is cut off is given as long as a lease.
const OPEN_TIMEOUT_MS = 10_000
const HASH_BLOCK_BYTES = 1024 * 1024

/** What control asks of the other nodes, over the channel. */
export interface BroadcastCalls {
  /** Settles when node `index` has all. */
  receive(
    index: number,
    params: { readonly id: string; readonly path: string; readonly parents: readonly number[] },
  ): Promise<{ readonly sha256: string; readonly bytes: number }>
  /** Puts it into its place, or throws it away. */
  end(index: number, params: { readonly id: string; readonly commit: boolean }): Promise<void>
}

export interface BroadcastsOptions {
  readonly links: NodeLinks
  /** The node's working directory: paths are relative to it. */
  readonly root: string
  /** Milliseconds without a sign of life after which a node looks for another source. Default 10,000. */
  readonly stallMs?: number | undefined
}

interface Taking {
  readonly payload: Payload
  readonly place: string
}

/**
 * Files and directories from control to the same place on every other node. Each node takes from the one before it in
 * a chain while that one still receives; when its source dies it goes on at the one before.
 */
export class Broadcasts {
  readonly #links: NodeLinks
  readonly #root: string
  readonly #stallMs: number
  /** What this node has or is about to have, by broadcast. Others may ask for it before control's word came here. */
  readonly #payloads = new Map<string, PromiseWithResolvers<Payload>>()
  readonly #taking = new Map<string, Taking>()

  constructor({ links, root, stallMs = DEFAULT_STALL_MS }: BroadcastsOptions) {
    this.#links = links
    this.#root = resolve(root)
    this.#stallMs = stallMs
    links.handle({ broadcast: link => void this.#feed(link) })
  }

  /**
   * On control: copies `path` to every node of `receivers`.
   *
   * @param path in the working directory; relative to it or absolute.
   * @throws `FLOW_GANG_BROADCAST_FAILED` naming the nodes that do not have it; the others do.
   */
  async send(path: string, receivers: readonly number[], calls: BroadcastCalls): Promise<void> {
    const from = this.#place(path)
    const place = relative(this.#root, from)
    const id = randomBytes(8).toString('hex')
    const payload = new Payload(from)
    let layout: Layout
    try {
      layout = Layout.of(await scan(from))
    } catch (cause) {
      throw unreadable(path, cause)
    }
    payload.layout = layout
    payload.grow(layout.total)
    this.#offer(id, payload)
    try {
      const chain = [this.#links.index, ...receivers]
      const [sha256, ...results] = await Promise.allSettled([
        hashOf(payload, layout),
        ...receivers.map((index, at) => calls.receive(index, { id, path: place, parents: parentsOf(chain, at + 1) })),
      ])
      if (sha256.status === 'rejected') payload.fail(sha256.reason as Error)
      const verdicts = results.map((result, at) => ({ index: receivers[at]!, why: verify(result, sha256) }))
      const ends = await Promise.allSettled(
        verdicts.map(({ index, why }) => calls.end(index, { id, commit: why === undefined })),
      )
      const failed = verdicts.flatMap(({ index, why }, at) => {
        const end = ends[at]!
        const cause = why ?? (end.status === 'rejected' ? (end.reason as unknown) : undefined)
        return cause === undefined ? [] : [{ index, cause }]
      })
      const first = failed[0]
      if (first !== undefined) {
        throw broadcastFailed(
          place,
          `node ${first.index}: ${text(first.cause)}`,
          failed.map(({ index }) => index),
          first.cause,
        )
      }
    } finally {
      this.#payloads.delete(id)
      payload.fail(new Error('the broadcast is over'))
    }
  }

  /** On a worker, when control says so: takes a broadcast into a temporary place. */
  async receive(
    { id, path, parents }: { readonly id: string; readonly path: string; readonly parents: readonly number[] },
    signal: AbortSignal,
  ): Promise<{ sha256: string; bytes: number }> {
    const place = this.#place(path)
    const payload = new Payload(join(dirname(place), `.${basename(place)}.${id}.part`))
    this.#taking.set(id, { payload, place })
    try {
      // Before anything can fail: those who wait for it here must hear of that.
      this.#offer(id, payload)
      await mkdir(dirname(place), { recursive: true })
      await using writer = new PayloadWriter(payload)
      await this.#take(id, payload, writer, parents, signal)
      return { sha256: await writer.finish(), bytes: payload.available }
    } catch (error) {
      payload.fail(error as Error)
      throw error
    }
  }

  /** On a worker, when control says so: what was taken goes into its place, or away. */
  async end({ id, commit }: { readonly id: string; readonly commit: boolean }): Promise<void> {
    const taking = this.#taking.get(id)
    this.#taking.delete(id)
    this.#payloads.delete(id)
    if (taking === undefined) return
    const { payload, place } = taking
    payload.fail(new Error('the broadcast is over'))
    if (!commit) {
      await rm(payload.root, { recursive: true, force: true })
      return
    }
    // A rename replaces a file, and an empty directory only.
    if (payload.layout?.manifest.kind === 'dir') await rm(place, { recursive: true, force: true })
    await rename(payload.root, place)
  }

  async #take(
    id: string,
    payload: Payload,
    writer: PayloadWriter,
    parents: readonly number[],
    signal: AbortSignal,
  ): Promise<void> {
    let last: unknown = new Error('no node has it')
    for (const parent of parents) {
      signal.throwIfAborted()
      let socket: Duplex
      try {
        socket = await this.#links.open(
          parent,
          { kind: 'broadcast', id, offset: writer.offset },
          { timeout: OPEN_TIMEOUT_MS, signal },
        )
      } catch (error) {
        last = error
        continue
      }
      if (await pull(socket, writer, payload, this.#stallMs, signal)) return
      last = new Error(`node ${parent} broke off`)
    }
    throw last
  }

  async #feed(link: IncomingLink<Extract<LinkPurpose, { kind: 'broadcast' }>>): Promise<void> {
    const { id, offset } = link.purpose
    const socket = link.accept()
    try {
      await serve(socket, await this.#awaited(id), offset, this.#stallMs)
    } catch {
      // Who asked sees the end of the link, and goes to another source.
    } finally {
      socket.destroy()
    }
  }

  #offer(id: string, payload: Payload): void {
    this.#entry(id).resolve(payload)
  }

  /** What is asked for may be heard of here later than there; not much later. */
  async #awaited(id: string): Promise<Payload> {
    const entry = this.#entry(id)
    const timer = setTimeout(() => {
      entry.reject(new Error('no such broadcast'))
      if (!this.#taking.has(id)) this.#payloads.delete(id)
    }, this.#stallMs)
    try {
      return await entry.promise
    } finally {
      clearTimeout(timer)
    }
  }

  #entry(id: string): PromiseWithResolvers<Payload> {
    const known = this.#payloads.get(id)
    if (known !== undefined) return known
    const entry = Promise.withResolvers<Payload>()
    entry.promise.catch(() => undefined)
    this.#payloads.set(id, entry)
    return entry
  }

  #place(path: string): string {
    const place = resolve(this.#root, path)
    const inside = relative(this.#root, place)
    if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
      throw broadcastFailed(path, 'it is not inside the working directory', [this.#links.index])
    }
    return place
  }
}

/** Whom a node asks, nearest first: those before it in the chain, and in the end control. */
function parentsOf(chain: readonly number[], at: number): number[] {
  const near = chain.slice(Math.max(0, at - MAX_PARENTS), at).toReversed()
  return at > MAX_PARENTS ? [...near, chain[0]!] : near
}

function verify(
  result: PromiseSettledResult<{ readonly sha256: string }>,
  expected: PromiseSettledResult<string | { readonly sha256: string }>,
): unknown {
  if (result.status === 'rejected') return result.reason
  if (expected.status === 'rejected') return expected.reason
  return result.value.sha256 === expected.value
    ? undefined
    : new Error('what it has is not what control sent; did the file change meanwhile?')
}

async function hashOf(payload: Payload, layout: Layout): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(HASH_BLOCK_BYTES)
  await using reader = new PayloadReader(payload)
  for (let offset = 0; offset < layout.total;) {
    const bytes = await reader.read(layout, offset, buffer)
    hash.update(buffer.subarray(0, bytes))
    offset += bytes
  }
  return hash.digest('hex')
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function unreadable(path: string, cause: unknown): FlowError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  return new FlowError('FLOW_GANG_BROADCAST_FAILED', {
    message: `'${path}' could not be copied to every node: ${isMissing ? 'control has no such file' : `control cannot read it: ${text(cause)}`}`,
    fix: "Check its name: paths begin at control's working directory, which has the files beside the flow.",
    details: { path, nodes: [0] },
    cause,
  })
}

function broadcastFailed(path: string, what: string, nodes: readonly number[], cause?: unknown): FlowError {
  return new FlowError('FLOW_GANG_BROADCAST_FAILED', {
    message: `'${path}' could not be copied to every node: ${what}`,
    why: 'A node ended, its disk is full, or the file changed while it was sent.',
    fix: 'Check space and permissions on the named nodes, and that nothing writes to the file meanwhile.',
    details: { path, nodes },
    cause,
  })
}
