"""Sends Dramatiq messages."""

from dramatiq_worker import job
from producing import produce


def enqueue(job_id: str) -> str:
    """Send one message."""
    job.send(job_id)
    return job_id


produce(enqueue)
