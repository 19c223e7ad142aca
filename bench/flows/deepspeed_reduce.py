"""Every rank adds its number to the sum of all: rank 0 prints it."""
import deepspeed
import torch
import torch.distributed as dist

# Else DeepSpeed compiles a part for machines that share memory, for minutes, when it is first used.
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
deepspeed.init_distributed(dist_backend="gloo")
sum_of_ranks = torch.tensor([float(dist.get_rank())])
dist.all_reduce(sum_of_ranks)
if dist.get_rank() == 0:
    print(f"{dist.get_world_size()} ranks, sum {sum_of_ranks.item():g}", flush=True)
dist.destroy_process_group()
