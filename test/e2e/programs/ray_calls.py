"""What a program on a Ray cluster does that a test asks about: `ray_calls.py HOW`."""

import json
import os
import signal
import sys
import time

import ray

import ray_helper

how = sys.argv[1]
if how == "import":
    import no_such_module
ray.init()
if how == "raise":
    raise RuntimeError("raised on purpose")
if how == "exit":
    print("about to exit", file=sys.stderr)
    sys.exit(3)


@ray.remote(num_cpus=1)
def place(seconds):
    print("a task of", os.getcwd().split("/")[-2])
    time.sleep(seconds)
    return ray_helper.describe()


@ray.remote(num_cpus=1)
def fail():
    raise ValueError("raised in a task")


@ray.remote
class Actor:
    def die(self):
        os.kill(os.getpid(), signal.SIGKILL)


if how == "task":
    ray.get(fail.remote())
if how == "actor":
    ray.get(Actor.remote().die.remote())
print("tasks begin", flush=True)
places = ray.get([place.remote(1000 if how == "long" else 0.5) for _ in range(4)])
given = json.load(open(os.environ["FLOW_INPUT"]))
with open(os.environ["FLOW_OUTPUT"], "w") as file:
    json.dump({"given": given, "nodes": sorted({node for node, _ in places}), "arguments": sys.argv[2:]}, file)
