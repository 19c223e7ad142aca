import { Flow, type Inputs, parallel, step } from '@flow/core'

const NODES = 4

/** Four steps that do nothing, one of them a gang. */
export default class EmptyGang extends Flow {
  @step start() {
    this.next(this.nodes, { numParallel: NODES })
  }

  @parallel()
  @step
  nodes() {
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    if (inputs.length !== NODES) throw new Error(`${inputs.length} inputs`)
    this.next(this.end)
  }

  @step end() {}
}
