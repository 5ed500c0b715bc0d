"""Celery on Redis with its defaults, except that ACKS_LATE sets acks_late: `celery -A celery_worker worker`."""

import os

from celery import Celery
from sleeping import work

app = Celery("peers", broker=f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0")
app.conf.task_acks_late = os.environ["ACKS_LATE"] == "yes"


@app.task(name="job")  # type: ignore[untyped-decorator]  # celery has no types
def job(job_id: str) -> None:
    """See sleeping.work."""
    work(job_id)
