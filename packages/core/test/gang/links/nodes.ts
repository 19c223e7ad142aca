import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BroadcastCalls, Broadcasts, NodeLinks, NodeStreams } from '../../../src/gang/links/index.js'

/** A node of a gang whose channel is a function call: the links are real. */
export interface LinkedNode {
  readonly index: number
  readonly links: NodeLinks
  readonly streams: NodeStreams
  readonly broadcasts: Broadcasts
  readonly root: string
}

export class LinkedNodes implements AsyncDisposable {
  readonly nodes: LinkedNode[] = []
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
  }

  static async start(size: number, options: { readonly stallMs?: number } = {}): Promise<LinkedNodes> {
    const gang = new LinkedNodes(await mkdtemp(join(tmpdir(), 'flow-links-')))
    for (let index = 0; index < size; index++) {
      const links = new NodeLinks({ index, host: '127.0.0.1', certificateOf: of => gang.node(of).links.certificate() })
      const root = await mkdtemp(join(gang.#dir, `node${index}-`))
      gang.nodes.push({
        index,
        links,
        root,
        streams: new NodeStreams(links),
        broadcasts: new Broadcasts({ links, root, ...options }),
      })
    }
    return gang
  }

  node(index: number): LinkedNode {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }

  calls(signal = new AbortController().signal): BroadcastCalls {
    return {
      receive: (index, params) => this.node(index).broadcasts.receive(params, signal),
      end: (index, params) => this.node(index).broadcasts.end(params),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(node => node.links[Symbol.asyncDispose]()))
    await rm(this.#dir, { recursive: true, force: true })
  }
}
