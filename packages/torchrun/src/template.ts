import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow, and the program that its ranks run. */
export const template: Template = {
  name: 'torchrun',
  help: 'a model trained by DistributedDataParallel on two nodes',
  files: {
    'flow.ts': `import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { torchrun } from '@flow/torchrun'

export default class Train extends Flow {
  losses: unknown

  @step start() {
    this.next(this.train, { numParallel: 2 })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5' } })
  @torchrun()
  @step
  async train() {
    const { output } = await current.torch.run({ entrypoint: 'train.py', entrypointArgs: { steps: 20 } })
    // Rank 0, which wrote it, is node 0's.
    if (current.parallel.nodeIndex === 0) this.losses = output
    this.next(this.join)
  }

  @step join(inputs: Inputs<this>) {
    this.losses = inputs[0].losses
    this.next(this.end)
  }

  @step end() {
    console.log('loss', this.losses)
  }
}
`,
    'train.py': `import argparse
import json
import os

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=20)
steps = parser.parse_args().steps

dist.init_process_group("gloo")
torch.manual_seed(dist.get_rank())
model = DistributedDataParallel(torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
weights = torch.tensor([[1.0, -2.0, 3.0, 0.5]])

losses = []
for _ in range(steps):
    x = torch.randn(64, 4)
    loss = torch.nn.functional.mse_loss(model(x), x @ weights.T)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

if dist.get_rank() == 0:
    json.dump({"first": losses[0], "last": losses[-1]}, open(os.environ["FLOW_OUTPUT"], "w"))
dist.destroy_process_group()
`,
  },
}
