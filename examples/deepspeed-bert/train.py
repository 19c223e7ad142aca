"""Trains the BERT with ZeRO stage 2. A plain program for DeepSpeed: it knows nothing of Flow but $FLOW_OUTPUT."""

import argparse
import json
import os

import deepspeed
import torch
import torch.distributed as dist

from bert import Bert, batch
from checkpoint import bring_together

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=60)
parser.add_argument("--checkpoint", default="checkpoint")
parser.add_argument("--resume", action="store_true")
parser.add_argument("--local_rank", type=int)
args = parser.parse_args()

# On CPU DeepSpeed would compile an operation for ranks that share a machine, for a minute; these do without.
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
deepspeed.init_distributed(dist_backend="gloo")
rank, world_size = dist.get_rank(), dist.get_world_size()

torch.manual_seed(0)
model = Bert()
engine, *_ = deepspeed.initialize(
    model=model,
    optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3),
    config={
        "train_micro_batch_size_per_gpu": 32,
        "zero_optimization": {"stage": 2},
        "zero_allow_untested_optimizer": True,
    },
)
if args.resume:
    engine.load_checkpoint(args.checkpoint)

losses = []
first = engine.global_steps
for step in range(first, first + args.steps):
    loss = engine(*batch(seed=step * world_size + rank))
    engine.backward(loss)
    engine.step()
    mean = loss.detach().clone()
    dist.all_reduce(mean)
    losses.append(mean.item() / world_size)
    if rank == 0 and step % 10 == 0:
        print(f"step {step}: loss {losses[-1]:.3f}", flush=True)

engine.save_checkpoint(args.checkpoint)
bring_together(args.checkpoint)
if rank == 0:
    with open(os.environ["FLOW_OUTPUT"], "w") as output:
        json.dump({"losses": losses, "worldSize": world_size, "steps": engine.global_steps}, output)
dist.destroy_process_group()
