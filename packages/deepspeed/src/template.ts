import type { Template } from '@flow/core'

/** `flow init` lays it out: a flow, and the program that its ranks run. */
export const template: Template = {
  name: 'deepspeed',
  help: 'a model trained with ZeRO on two nodes',
  files: {
    'flow.ts': `import { current, Flow, type Inputs, pypi, step } from '@flow/core'
import { deepspeed } from '@flow/deepspeed'

export default class Train extends Flow {
  losses: unknown

  @step start() {
    this.next(this.train, { numParallel: 2 })
  }

  @pypi({ packages: { torch: '2.13.0', numpy: '2.3.5', deepspeed: '0.19.8' } })
  @deepspeed()
  @step
  async train() {
    const { output } = await current.deepspeed.run({ entrypoint: 'train.py', entrypointArgs: { steps: 20 } })
    this.losses = output
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

import deepspeed
import torch
import torch.distributed as dist

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--local_rank", type=int)
steps = parser.parse_args().steps

# On CPU DeepSpeed would compile an operation for ranks that share a machine, for a minute; these do without.
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
deepspeed.init_distributed(dist_backend="gloo")
torch.manual_seed(dist.get_rank())
model = torch.nn.Linear(4, 1)
engine, *_ = deepspeed.initialize(
    model=model,
    optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
    config={
        "train_micro_batch_size_per_gpu": 64,
        "zero_optimization": {"stage": 1},
        "zero_allow_untested_optimizer": True,
    },
)
weights = torch.tensor([[1.0, -2.0, 3.0, 0.5]])

losses = []
for _ in range(steps):
    x = torch.randn(64, 4)
    loss = torch.nn.functional.mse_loss(engine(x), x @ weights.T)
    engine.backward(loss)
    engine.step()
    losses.append(loss.item())

if dist.get_rank() == 0:
    json.dump({"first": losses[0], "last": losses[-1]}, open(os.environ["FLOW_OUTPUT"], "w"))
dist.destroy_process_group()
`,
  },
}
