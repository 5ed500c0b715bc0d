"""The Dramatiq actors: which message runs which use case, and how often it is tried again."""

from collections.abc import Callable

import dramatiq
from dramatiq import Broker
from dramatiq.middleware import CurrentMessage

from imagejobs.worker.failures import TransientFailure
from imagejobs.worker.process_image import ProcessImage

QUEUE = "image_jobs"
MAX_RETRIES = 10
MIN_BACKOFF_MS = 500
MAX_BACKOFF_MS = 20_000
"""Exponential with jitter: ten retries spread over about two minutes; then the job ends FAILED, retryable."""


def declare_actors(broker: Broker, use_case: Callable[[], ProcessImage]) -> None:
    """Register the actors with the broker. `use_case` is asked for in the worker process, at the first message."""

    @dramatiq.actor(
        broker=broker,
        actor_name="process_image",
        queue_name=QUEUE,
        max_retries=MAX_RETRIES,
        min_backoff=MIN_BACKOFF_MS,
        max_backoff=MAX_BACKOFF_MS,
    )
    def process_image(image_job_id: str) -> None:
        message = CurrentMessage.get_current_message()
        tried = message.options.get("retries", 0) if message else 0
        try:
            use_case()(image_job_id, last_try=tried >= MAX_RETRIES)
        except TransientFailure as failure:
            # Retry is logged as a line; any other exception as a traceback.
            raise dramatiq.Retry(str(failure)) from failure
