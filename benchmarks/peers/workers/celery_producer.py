"""Sends Celery tasks."""

from celery_worker import job
from producing import produce


def enqueue(job_id: str) -> str:
    """Send one task."""
    job.delay(job_id)
    return job_id


produce(enqueue)
