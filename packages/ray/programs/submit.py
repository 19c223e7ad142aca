"""Hands a program to Ray as a job, shows its output, and ends with its exit code.

    python submit.py

$FLOW_INPUT   {"jobId", "entrypoint", "env", "input", "noJobApi", "runtimeEnv"?, "metadata"?}
$FLOW_OUTPUT  is the job's own: it runs on this node
RAY_API_SERVER_ADDRESS has the dashboard. SIGTERM stops the job; its end is waited for.
Where there is no job API, the file "noJobApi" has the reason: a job may end with any exit code.

Like `ray job submit`, without its advice between the lines, and with the program's own exit code.
"""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
import time

# As sysexits.h has EX_UNAVAILABLE.
NO_JOB_API = 69


def main():
    given = json.load(open(os.environ["FLOW_INPUT"]))
    try:
        from ray.job_submission import JobStatus, JobSubmissionClient

        client = JobSubmissionClient(os.environ["RAY_API_SERVER_ADDRESS"])
    except (ConnectionError, ImportError, RuntimeError) as error:
        print(f"the Ray job API cannot be used: {error}", file=sys.stderr)
        with open(given["noJobApi"], "w") as file:
            file.write(str(error))
        sys.exit(NO_JOB_API)
    logging.disable(logging.INFO)
    job = given["jobId"]
    told_to_end = threading.Event()
    # While Ray takes the job, it may not know it yet, and would run it: the wish has to wait.
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    client.submit_job(
        submission_id=job,
        entrypoint=given["entrypoint"],
        runtime_env=runtime_env_of(given),
        metadata=given.get("metadata"),
    )
    output = Output(client, job)
    try:
        asyncio.run(output.follow(told_to_end))
    except asyncio.CancelledError:
        stop(client, job)
        output.show_rest()
        sys.exit(128 + signal.SIGTERM)
    info = client.get_job_info(job)
    if info.status == JobStatus.SUCCEEDED:
        return
    print(info.message, file=sys.stderr, flush=True)
    code = info.driver_exit_code
    sys.exit(code if code is not None and code > 0 else 1)


def stop(client, job):
    """Ray sends SIGTERM to the job, and after some seconds SIGKILL. It has to be asked whether the job ended."""
    client.stop_job(job)
    while not client.get_job_status(job).is_terminal():
        time.sleep(0.1)


def runtime_env_of(given):
    own = os.environ["FLOW_INPUT"] + ".job"
    with open(own, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(given.get("input"), file)
    env = given.get("runtimeEnv") or {}
    files = {"FLOW_INPUT": own, "FLOW_OUTPUT": os.environ["FLOW_OUTPUT"]}
    return {**env, "env_vars": {**(env.get("env_vars") or {}), **given["env"], **files}}


class Output:
    def __init__(self, client, job):
        self.client = client
        self.job = job
        self.shown = 0

    async def follow(self, told_to_end):
        """Shows the output until the job ends. SIGTERM cancels it, one that came before too."""
        tail = asyncio.ensure_future(self.tail())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tail.cancel)
        if told_to_end.is_set():
            tail.cancel()
        await tail

    async def tail(self):
        async for text in self.client.tail_job_logs(self.job):
            self.show(text)

    def show_rest(self):
        """What a job says at its end comes seconds after it by `tail`."""
        self.show(self.client.get_job_logs(self.job)[self.shown :])

    def show(self, text):
        self.shown += len(text)
        sys.stdout.write(text)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
