"""One rank of the conformance kit's program, in Python; what it does is told in conformance-rank.sh.

As a program, `python conformance_rank.py HOW DIR RANKS`. A program for a framework calls `run(rank)` once its ranks have
met; the arguments are the same.
"""

import os
import signal
import sys
import time


def run(rank):
    how, folder, ranks = sys.argv[1], sys.argv[2], int(sys.argv[3])

    def note(what):
        with open(os.path.join(folder, f"{what}-{rank}"), "w") as file:
            file.write(str(os.getpid()))

    def stop(*_):
        note("sigterm")
        # Not sys.exit: what the framework does on the way out may wait for ranks that are gone.
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    note("rank")
    end = time.monotonic() + 60
    while len([name for name in os.listdir(folder) if name.startswith("rank-")]) < ranks:
        if time.monotonic() > end:
            sys.exit(70)
        time.sleep(0.05)
    if how == "ok":
        return
    if how != "wait" and rank == ranks - 1:
        print(f"last words of rank {rank}", file=sys.stderr, flush=True)
        note("failed")
        if how == "exit":
            os._exit(3)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise RuntimeError("raised on purpose")
    # A signal that waited while the process was stopped may reach any of its threads: Python runs the handler when the
    # main thread wakes.
    while time.monotonic() < end + 60:
        time.sleep(0.05)


if __name__ == "__main__":
    names = ["RANK", "OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "FLOW_RANK"]
    run(int(next((os.environ[name] for name in names if name in os.environ), 0)))
