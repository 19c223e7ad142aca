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

  /** Nodes that have not entered a barrier that others wait in. */
  missing(name: string): number[] {
    const entered = this.#entered.get(name)?.nodes ?? new Set()
    return Array.from({ length: this.#size }, (_, node) => node).filter(node => !entered.has(node))
  }
}
