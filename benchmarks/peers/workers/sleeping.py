"""The job of every Python worker here: it says that it began, sleeps, and says that it ended."""

import os
import time

from redis import Redis

_tally = Redis(port=int(os.environ["TALLY_PORT"]))


def work(job_id: str) -> None:
    """One execution of a job. The tally is on a Redis of its own, which no fault hits."""
    _note("began", job_id)
    time.sleep(float(os.environ["JOB_SECONDS"]))
    _note("ended", job_id)


def _note(what: str, job_id: str) -> None:
    _tally.rpush("executions", f"{what} {job_id} {time.time()}")
