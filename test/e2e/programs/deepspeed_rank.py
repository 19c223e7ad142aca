"""Sums the ranks over the nodes by a plain socket, then does as it is told. A program for DeepSpeed without PyTorch."""

import argparse
import json
import os
import signal
import socket
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("how")
parser.add_argument("words", nargs="*")
parser.add_argument("--local_rank")
args = parser.parse_args()

rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))


def connect():
    deadline = time.monotonic() + 60
    while True:
        try:
            return socket.create_connection(address)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


if rank == 0:
    server = socket.create_server(address)
    peers = [server.accept()[0] for _ in range(size - 1)]
    total = sum(int(peer.makefile().readline()) for peer in peers)
    for peer in peers:
        peer.sendall(f"{total}\n".encode())
else:
    peer = connect()
    peer.sendall(f"{rank}\n".encode())
    total = int(peer.makefile().readline())
print(f"{args.how}: rank {rank} of {size}: sum {total}", flush=True)

if rank == size - 1:
    if args.how == "raise":
        raise ValueError(f"rank {rank} does not like this")
    if args.how == "exit":
        sys.exit(3)
    if args.how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
if args.how in ("raise", "exit", "kill", "wait"):
    # Ended with the rank that failed, or with its node.
    time.sleep(600)
if rank == 0:
    with open(os.environ["FLOW_OUTPUT"], "w") as output:
        seen = {"sum": total, "words": args.words, "localRank": args.local_rank, "environment": sorted(os.environ)}
        json.dump(seen, output)
