"""One task on each node of the cluster."""
import time

import ray

ray.init(logging_level="error")
while sum(node["Alive"] for node in ray.nodes()) < 2:
    time.sleep(0.05)


@ray.remote(num_cpus=1, scheduling_strategy="SPREAD")
def square(x):
    return x * x


print(f"2 nodes, squares {ray.get([square.remote(x) for x in (2, 3)])}", flush=True)
