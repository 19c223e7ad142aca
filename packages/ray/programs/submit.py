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
import time

# As sysexits.h has EX_UNAVAILABLE.
NO_JOB_API = 69
TOLD_TO_END = 128 + signal.SIGTERM


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
    is_told = False
    is_submitted = False

    def on_sigterm(*_):
        nonlocal is_told
        is_told = True
        # While Ray takes the job it may not know it yet, and would run it: that is made up for below.
        if is_submitted:
            stop(client, job)

    signal.signal(signal.SIGTERM, on_sigterm)
    client.submit_job(
        submission_id=job,
        entrypoint=given["entrypoint"],
        runtime_env=runtime_env_of(given),
        metadata=given.get("metadata"),
    )
    is_submitted = True
    if is_told:
        stop(client, job)
    try:
        asyncio.run(follow(client, job))
    except Exception:
        # Without its output, a job that was told to end still has to.
        if not is_told:
            raise
    if is_told:
        wait_for_end(client, job)
        sys.exit(TOLD_TO_END)
    info = client.get_job_info(job)
    if info.status == JobStatus.SUCCEEDED:
        return
    print(info.message, file=sys.stderr, flush=True)
    code = info.driver_exit_code
    sys.exit(code if code is not None and code > 0 else 1)


def stop(client, job):
    """Asks Ray to stop the job: it gets SIGTERM, and after some seconds SIGKILL."""
    try:
        client.stop_job(job)
    except Exception as error:
        give_up(error)


def wait_for_end(client, job):
    """Ray has no other way than to ask it. Who sent SIGTERM does not wait for ever."""
    try:
        while not client.get_job_status(job).is_terminal():
            time.sleep(0.1)
    except Exception as error:
        give_up(error)


def give_up(error):
    print(f"the job may not have been stopped: {error}", file=sys.stderr, flush=True)
    os._exit(TOLD_TO_END)


def runtime_env_of(given):
    own = os.environ["FLOW_INPUT"] + ".job"
    with open(own, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        json.dump(given.get("input"), file)
    env = given.get("runtimeEnv") or {}
    files = {"FLOW_INPUT": own, "FLOW_OUTPUT": os.environ["FLOW_OUTPUT"]}
    return {**env, "env_vars": {**(env.get("env_vars") or {}), **given["env"], **files}}


async def follow(client, job):
    async for text in client.tail_job_logs(job):
        sys.stdout.write(text)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
