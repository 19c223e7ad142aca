"""Keeps Ray on one node of a gang: runs `ray start --block`, says when it is ready, and ends as soon as Ray does.

    python node.py [--worker-logs DIR] [--client-port PORT] [--go FILE] -- start ... --block

`ray start --block` looks at its processes once a second, and takes one that ended by SIGTERM for a wish. This program
is told by the kernel at the moment the raylet or the GCS ends. What `ray start` prints is shown only when it fails: it
is advice for somebody who starts a cluster by hand.

With --go, Ray is imported at once and starts when FILE is there. A worker that is started before its head looks for it
only every two seconds.

Only the standard library, no import of ray in this process: it is there in some 30 ms.
"""

import argparse
import collections
import importlib.util
import os
import selectors
import signal
import subprocess
import sys
import time

READY = "Ray is ready on this node"
# The program `ray` of the package's own installation, which has to wait in between.
START = """
import os, sys, time
from ray.scripts.scripts import main
go = sys.argv.pop(1)
while go and not os.path.exists(go): time.sleep(0.02)
sys.argv[0] = "ray"
main()
"""
DAEMONS = ("gcs_server", "raylet")
LOOK_S = 1.0
LOGS_S = 0.2


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--worker-logs")
    parser.add_argument("--client-port")
    parser.add_argument("--go", default="")
    parser.add_argument("words", nargs="+")
    options = parser.parse_args()
    # Ray refuses the port of its client where it was installed without it.
    client = [f"--ray-client-server-port={options.client_port}"] if options.client_port and has_client() else []
    child = subprocess.Popen(
        [sys.executable, "-c", START, options.go, *options.words, *client],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    logs = WorkerLogs(options.worker_logs) if options.worker_logs else None
    output = collections.deque(maxlen=40)
    selector = selectors.DefaultSelector()
    os.set_blocking(child.stdout.fileno(), False)
    selector.register(child.stdout, selectors.EVENT_READ, None)
    daemons = {}
    rest = b""
    is_ready = False
    while True:
        # Without pidfds (Linux before 5.3) the daemons have to be looked at.
        events = selector.select(LOGS_S if logs else LOOK_S)
        if logs:
            logs.show()
        for key, _ in events:
            if key.data is not None:
                fail(f"the {daemons[key.data]} of this node {ending_of(key.data)}", output)
            chunk = child.stdout.read()
            if chunk == b"":
                fail(f"`ray start` {describe(child.wait())}", output)
            *lines, rest = (rest + (chunk or b"")).split(b"\n")
            output.extend(line.decode(errors="replace") for line in lines)
            if not is_ready and any(b"Ray runtime started" in line for line in lines):
                is_ready = True
                daemons = daemons_of(child.pid)
                for pid in daemons:
                    watch(selector, pid)
                print(READY, flush=True)
        for pid, name in daemons.items():
            if not os.path.exists(f"/proc/{pid}") and os.path.exists("/proc/self"):
                fail(f"the {name} of this node ended", output)


def has_client():
    return importlib.util.find_spec("grpc") is not None


def daemons_of(parent):
    """Ids and names of the daemons among the children of `ray start`."""
    found = {}
    for entry in os.listdir("/proc") if os.path.exists("/proc/self") else []:
        fields = stat_of(entry) if entry.isdigit() else None
        if fields is None or int(fields[1]) != parent:
            continue
        try:
            program = open(f"/proc/{entry}/cmdline", "rb").read().split(b"\0")[0].decode(errors="replace")
        except OSError:
            continue
        if os.path.basename(program) in DAEMONS:
            found[int(entry)] = os.path.basename(program)
    return found


def watch(selector, pid):
    try:
        selector.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
    except (AttributeError, OSError):
        pass


def stat_of(pid):
    """The fields of /proc/PID/stat from the state on (proc(5)); None when the process is gone."""
    try:
        text = open(f"/proc/{pid}/stat").read()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def ending_of(pid):
    """How a process ended that is not our child: its parent has a second to collect it, so it can still be seen."""
    fields = stat_of(pid)
    if fields is None or fields[0] not in "ZX":
        return "ended"
    status = int(fields[-1])
    return describe(-(status & 0x7F) if status & 0x7F else status >> 8)


def describe(status):
    if status >= 0:
        return f"exited with code {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def fail(cause, output):
    print(cause, file=sys.stderr)
    # After "Ray runtime started" come its lines of advice, which explain nothing.
    started = next((index for index, line in enumerate(output) if "Ray runtime started" in line), None)
    lines = list(output) if started is None else [line for line in list(output)[started:] if " ERR " in line]
    print("\n".join(lines), file=sys.stderr, flush=True)
    os._exit(1)


class WorkerLogs:
    """Shows what tasks and actors of this node print. Ray writes it into files; they are looked at five times a second."""

    def __init__(self, directory):
        self.directory = directory
        self.files = {}

    def show(self):
        try:
            names = os.listdir(self.directory)
        except OSError:
            return
        for name in names:
            if name.startswith("worker-") and name.endswith((".out", ".err")):
                self.follow(name)

    def follow(self, name):
        if name not in self.files:
            try:
                self.files[name] = [open(os.path.join(self.directory, name), "rb"), b""]
            except OSError:
                return
        file, rest = self.files[name]
        *lines, rest = (rest + file.read()).split(b"\n")
        self.files[name][1] = rest
        stream = sys.stderr if name.endswith(".err") else sys.stdout
        # worker-<id>-<job>-<pid>.out
        pid = name.rsplit(".", 1)[0].rsplit("-", 1)[-1]
        for line in lines:
            text = line.decode(errors="replace")
            # Ray's own marks: ':job_id:...', ':actor_name:...', ':task_name:...'.
            if not text.startswith((":job_id:", ":actor_name:", ":task_name:")):
                print(f"(pid {pid}) {text}", file=stream, flush=True)


if __name__ == "__main__":
    main()
