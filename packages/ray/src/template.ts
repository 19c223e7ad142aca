import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow, and the program that runs on the cluster. */
export const template: Template = {
  name: 'ray',
  help: 'tasks on a Ray cluster of two nodes',
  files: {
    'flow.ts': `import { current, Flow, type Inputs, pypi, resources, step } from '@flow/core'
import { ray } from '@flow/ray'

export default class RayFlow extends Flow {
  total: unknown

  @step start() {
    this.next(this.work, { numParallel: 2 })
  }

  @pypi({ packages: { 'ray[default]': '2.60.0' } })
  @resources({ cpu: 2 })
  @ray()
  @step
  async work() {
    const { output } = await current.ray.run({ entrypoint: 'squares.py', input: { count: 100 } })
    this.total = output
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.total = inputs[0].total
    this.next(this.end)
  }

  @step end() {
    console.log(this.total)
  }
}
`,
    'squares.py': `import json
import os

import ray

ray.init()
count = json.load(open(os.environ["FLOW_INPUT"]))["count"]


@ray.remote
def square(number):
    return number * number


total = sum(ray.get([square.remote(number) for number in range(count)]))
json.dump(total, open(os.environ["FLOW_OUTPUT"], "w"))
`,
  },
}
