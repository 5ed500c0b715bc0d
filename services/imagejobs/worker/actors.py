"""The Dramatiq actors: which message runs which use case, and how often it is tried again."""

import logging
from collections.abc import Callable

import dramatiq
from dramatiq import Broker
from dramatiq.middleware import CurrentMessage

from imagejobs.worker.failures import TransientFailure
from imagejobs.worker.process_image import ProcessImage

logger = logging.getLogger(__name__)

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
            logger.warning("job %s: try %d of %d: %s", image_job_id, tried + 1, MAX_RETRIES + 1, failure)
            # Dramatiq logs any other exception with its traceback.
            raise dramatiq.Retry(str(failure)) from failure
