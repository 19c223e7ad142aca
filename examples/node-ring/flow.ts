import { createInterface } from 'node:readline'
import { current, Flow, type Inputs, parallel, parameter, step } from '@flow/core'

/** A token goes round a ring of nodes. Each node is a Node.js process; nothing but streams between them is needed. */
export default class NodeRing extends Flow {
  readonly nodes = parameter({ default: 4, help: 'nodes in the ring' })
  readonly laps = parameter({ default: 3, help: 'how often the token goes round' })

  /** How often this node got the token. */
  visits = 0
  /** The nodes in the order in which they got the token. */
  order: number[] = []

  @step start() {
    this.next(this.ring, { numParallel: this.nodes })
  }

  @parallel()
  @step
  async ring() {
    const { me, size, stream } = current.gang
    const after = (me.index + 1) % size
    const before = (me.index + size - 1) % size
    // A stream is named for the node that writes to it: in a ring of two, 'after' and 'before' are the same node.
    const [next, previous] = await Promise.all([
      stream(after, { name: `from-${me.index}` }),
      stream(before, { name: `from-${before}` }),
    ])

    const pass = (token: readonly number[]): void => void next.write(`${JSON.stringify(token)}\n`)
    if (me.index === 0 && this.laps > 0) pass([])
    else if (me.index === 0) next.end()

    for await (const line of createInterface({ input: previous })) {
      const token = [...(JSON.parse(line) as number[]), me.index]
      this.visits++
      this.order = token
      const isOver = me.index === 0 && this.visits === this.laps
      // The end of the stream goes round as the token did, and ends every node's loop.
      if (isOver) next.end()
      else pass(token)
    }
    next.end()
    console.log(`node ${me.index} got the token ${this.visits} times`)
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    // Control saw the token last: its order is the whole way.
    this.order = inputs[0].order
    this.visits = inputs.reduce((sum, input) => sum + input.visits, 0)
    const expected = Array.from({ length: this.laps * inputs.length }, (_, hop) => (hop + 1) % inputs.length)
    if (this.order.join() !== expected.join())
      throw new Error(`The token went ${this.order.join(' ')}, not ${expected.join(' ')}`)
    if (inputs.some(input => input.visits !== this.laps)) throw new Error('Not every node got the token once a lap')
    this.next(this.end)
  }

  @step end() {
    console.log(`The token made ${this.visits} hops: 0 ${this.order.map(node => `→ ${node}`).join(' ')}`)
  }
}
