"""A program on a Ray cluster, not a line of which knows of Flow."""

import time

import ray

ray.init()


@ray.remote(num_cpus=1)
def place(number):
    time.sleep(0.5)
    return ray.util.get_node_ip_address(), number * number


places = ray.get([place.remote(number) for number in range(4)])
print(sum(square for _, square in places), "from", len({node for node, _ in places}), "nodes")
