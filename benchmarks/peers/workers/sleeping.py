"""The job of every Python worker here: it records its beginning, sleeps, and records its end."""

import os
import time

from redis import Redis

_tally = Redis(port=int(os.environ["TALLY_PORT"]))


def work(job_id: str) -> None:
    """Execute the job once. The tally is in a separate Redis that no fault hits."""
    _note("began", job_id)
    time.sleep(float(os.environ["JOB_SECONDS"]))
    _note("ended", job_id)


def _note(what: str, job_id: str) -> None:
    _tally.rpush("executions", f"{what} {job_id} {time.time()}")
