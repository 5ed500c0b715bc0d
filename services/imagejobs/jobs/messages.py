"""Messages of jobs: whether the queue can take them, and the push."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from imagejobs.errors import DatabaseUnavailable
from imagejobs.jobs import transitions
from imagejobs.jobs.errors import QueueFull
from imagejobs.jobs.model import ImageJob
from imagejobs.jobs.policy import JobPolicy
from imagejobs.jobs.stores import Stores
from imagejobs.task_queue.task_queue import QueueUnavailable

logger = logging.getLogger(__name__)


class JobMessages:
    """Pushes messages. A job whose message cannot be pushed stays PENDING, and the reconciler pushes it later."""

    def __init__(self, stores: Stores, policy: JobPolicy) -> None:
        self._repository = stores.repository
        self._queue = stores.queue
        self._policy = policy

    def require_ready(self) -> bool:
        """Refuse a request before anything is stored, if it could not be carried out.

        Returns whether messages can be pushed now. It is False if Redis is unavailable and the policy accepts jobs
        without it. Raises DatabaseUnavailable, QueueUnavailable, QueueFull.
        """
        self._repository.ping()
        try:
            length = self._queue.length()
        except QueueUnavailable as error:
            if not self._policy.accept_without_queue:
                raise
            logger.debug("%s; accepted jobs stay PENDING for the reconciler", error)
            return False
        if length >= self._policy.max_queue_length:
            raise QueueFull(length, self._policy.max_queue_length)
        return True

    def push(self, jobs: Sequence[ImageJob]) -> list[ImageJob]:
        """Push a message for each job. Returns the jobs, marked as not queued if Redis is unavailable."""
        try:
            self._queue.push([job.id for job in jobs])
        except QueueUnavailable as error:
            logger.debug("%s; %d accepted job(s) stay PENDING for the reconciler", error, len(jobs))
            return [self._marked_unpushed(job) for job in jobs]
        return list(jobs)

    def _marked_unpushed(self, job: ImageJob) -> ImageJob:
        try:
            self._repository.change(job.id, transitions.mark_unpushed())
        except DatabaseUnavailable as error:
            logger.warning("job %s could not be marked as not queued: %s", job.id, error)
        return replace(job, enqueued_at=None)
