import { FlowError } from '../../errors/index.js'

/** Barriers by name, as control counts them. A name can be used again once everyone has passed. */
export class NamedBarriers {
  readonly #size: number
  readonly #entered = new Map<string, { readonly nodes: Set<number>; readonly done: Promise<void>; release(): void }>()

  constructor(size: number) {
    this.#size = size
  }

  /** Settles when all nodes have entered the barrier of this name. */
  enter(name: string, node: number): Promise<void> {
    let barrier = this.#entered.get(name)
    if (barrier === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      barrier = { nodes: new Set(), done: promise, release: resolve }
      this.#entered.set(name, barrier)
    }
    barrier.nodes.add(node)
    if (barrier.nodes.size === this.#size) {
      this.#entered.delete(name)
      barrier.release()
    }
    return barrier.done
  }

  /** @throws `FLOW_GANG_BARRIER_TIMEOUT` */
  async enterWithin(name: string, node: number, timeoutMs: number): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(barrierTimeout(name, timeoutMs, this.#missing(name))), timeoutMs)
    try {
      await Promise.race([this.enter(name, node), late.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  /** Nodes that have not entered a barrier that others wait in. */
  #missing(name: string): number[] {
    const entered = this.#entered.get(name)?.nodes ?? new Set()
    return Array.from({ length: this.#size }, (_, node) => node).filter(node => !entered.has(node))
  }
}

function barrierTimeout(name: string, timeout: number, missing: readonly number[]): FlowError {
  return new FlowError('FLOW_GANG_BARRIER_TIMEOUT', {
    message: `Barrier '${name}' was not entered by node ${missing.join(', ')} within ${timeout} ms`,
    fix: 'Check that every node enters it, or give it a longer timeout.',
    details: { name, missing },
  })
}
