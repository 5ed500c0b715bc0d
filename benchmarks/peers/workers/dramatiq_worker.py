"""Plain Dramatiq with its defaults: `dramatiq dramatiq_worker`."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sleeping import work

dramatiq.set_broker(RedisBroker(url=f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0"))  # type: ignore[no-untyped-call]  # dramatiq's brokers have no types


@dramatiq.actor
def job(job_id: str) -> None:
    """See sleeping.work."""
    work(job_id)
