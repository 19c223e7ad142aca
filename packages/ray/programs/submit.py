"""Hands a program to Ray as a job, shows its output, and ends with its exit code.

    python submit.py

$FLOW_INPUT   {"jobId", "entrypoint", "env", "input", "runtimeEnv"?, "metadata"?}
$FLOW_OUTPUT  is the job's own: it runs on this node
RAY_API_SERVER_ADDRESS has the dashboard. SIGTERM stops the job.

Like `ray job submit`, without its advice between the lines, and with the program's own exit code.
"""

import asyncio
import json
import logging
import os
import signal
import sys

# As sysexits.h has EX_UNAVAILABLE.
NO_JOB_API = 69


def main():
    try:
        from ray.job_submission import JobStatus, JobSubmissionClient

        client = JobSubmissionClient(os.environ["RAY_API_SERVER_ADDRESS"])
    except (ConnectionError, ImportError, RuntimeError) as error:
        print(f"the Ray job API cannot be used: {error}", file=sys.stderr)
        sys.exit(NO_JOB_API)
    logging.disable(logging.INFO)
    given = json.load(open(os.environ["FLOW_INPUT"]))
    job = given["jobId"]
    client.submit_job(
        submission_id=job,
        entrypoint=given["entrypoint"],
        runtime_env=runtime_env_of(given),
        metadata=given.get("metadata"),
    )

    def stop(*_):
        client.stop_job(job)
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    asyncio.run(follow(client, job))
    info = client.get_job_info(job)
    if info.status == JobStatus.SUCCEEDED:
        return
    print(info.message, file=sys.stderr, flush=True)
    code = info.driver_exit_code
    sys.exit(code if code is not None and code > 0 else 1)


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
