"""Broadcast, scatter, gather and all-reduce on NumPy arrays; rank 0 writes the result for the flow."""

import json
import os

import numpy as np
from mpi4py import MPI

comm = MPI.COMM_WORLD
rank, ranks = comm.Get_rank(), comm.Get_size()

with open(os.environ["FLOW_INPUT"]) as file:
    size = json.load(file)["size"]

# Broadcast: everyone scales by the same two numbers.
scale = np.array([3.0, 10.0]) if rank == 0 else np.empty(2)
comm.Bcast(scale, root=0)

# Scatter: rank 0 has all the numbers, each rank gets its own row.
numbers = np.random.default_rng(42).standard_normal((ranks, size)) if rank == 0 else None
mine = np.empty(size)
comm.Scatter(numbers, mine, root=0)
mine = mine * scale[0] + scale[1]

# All-reduce: sums over all ranks, known to all.
sums = np.array([mine.sum(), (mine**2).sum()])
total = np.empty(2)
comm.Allreduce(sums, total, op=MPI.SUM)
count = size * ranks
mean = total[0] / count
deviation = np.sqrt(total[1] / count - mean**2)

# Gather: one norm from each rank.
norms = np.empty(ranks) if rank == 0 else None
comm.Gather(np.array([np.linalg.norm(mine)]), norms, root=0)

if rank == 0:
    expected = numbers * scale[0] + scale[1]
    assert np.isclose(mean, expected.mean()) and np.isclose(deviation, expected.std())
    assert np.allclose(norms, np.linalg.norm(expected, axis=1))
    with open(os.environ["FLOW_OUTPUT"], "w") as file:
        json.dump({"ranks": ranks, "mean": mean, "deviation": deviation, "norms": norms.tolist()}, file)
