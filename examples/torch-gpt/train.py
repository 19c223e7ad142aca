"""Trains the GPT with DistributedDataParallel. A plain program for torchrun: it knows nothing of Flow but $FLOW_OUTPUT."""

import argparse
import json
import os

import torch
import torch.distributed as dist
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from gpt import BLOCK, GPT, TEXT, encode

parser = argparse.ArgumentParser()
parser.add_argument("--steps", type=int, default=200)
steps = parser.parse_args().steps

dist.init_process_group("gloo")
rank, world_size = dist.get_rank(), dist.get_world_size()
torch.manual_seed(0)
model = DistributedDataParallel(GPT())
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
data = encode(TEXT)
# Each rank draws batches of its own.
generator = torch.Generator().manual_seed(rank)

losses = []
for step in range(steps):
    starts = torch.randint(len(data) - BLOCK - 1, (16,), generator=generator)
    x = torch.stack([data[start : start + BLOCK] for start in starts])
    y = torch.stack([data[start + 1 : start + BLOCK + 1] for start in starts])
    loss = cross_entropy(model(x).flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    mean = loss.detach().clone()
    dist.all_reduce(mean)
    losses.append(mean.item() / world_size)
    if rank == 0 and step % 20 == 0:
        print(f"step {step}: loss {losses[-1]:.3f}", flush=True)

if rank == 0:
    torch.save(model.module.state_dict(), "model.pt")
    with open(os.environ["FLOW_OUTPUT"], "w") as output:
        json.dump({"losses": losses, "worldSize": world_size}, output)
dist.destroy_process_group()
