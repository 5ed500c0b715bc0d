"""The Dramatiq actors: each passes a message to its use case and asks Dramatiq to retry it if the use case says so."""

import logging
import time
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq import Broker
from dramatiq.middleware import CurrentMessage

from imagejobs.dispatch.broker import MAX_RETRIES
from imagejobs.worker.delivery import Delivery
from imagejobs.worker.failures import ServiceUnavailable, TransientFailure

logger = logging.getLogger(__name__)

QUEUE = "image_jobs"


def declare_actors(broker: Broker, use_case: Callable[[str, Delivery, float], object], max_attempts: int) -> None:
    """Register the actors with the broker. The worker's threads call `use_case`, a ProcessImage, concurrently."""

    @dramatiq.actor(broker=broker, actor_name="process_image", queue_name=QUEUE, retry_when=_is_tried_again)
    def process_image(image_job_id: str) -> None:
        message: Any = CurrentMessage.get_current_message()
        delivery = Delivery.of(message, time.time(), max_attempts)
        pause = delivery.pause()
        try:
            use_case(image_job_id, delivery, pause)
        except TransientFailure as failure:
            message.options.update(delivery.options_after(failure, time.time()))
            # connections.outages logs an outage once, so it is not logged again for each job.
            level = logging.DEBUG if isinstance(failure, ServiceUnavailable) else logging.WARNING
            logger.log(
                level, "job %s: try %d, the next in %.1f s: %s", image_job_id, delivery.tries + 1, pause, failure
            )
            # Dramatiq logs any other exception with its traceback.
            raise dramatiq.Retry(str(failure), delay=round(pause * 1000)) from failure


def _is_tried_again(retries: int, error: BaseException) -> bool:
    """Always if the use case asks for a retry; after an unforeseen error, a fault in the program, MAX_RETRIES times."""
    return isinstance(error, dramatiq.Retry) or retries < MAX_RETRIES
