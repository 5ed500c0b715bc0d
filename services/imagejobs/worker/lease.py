"""Renews a lease while the worker works on the job."""

import logging
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from imagejobs.worker.failures import NotOurs, ServiceUnavailable, TransientFailure
from imagejobs.worker.job import Claim
from imagejobs.worker.jobs_api import JobsApi

logger = logging.getLogger(__name__)

RENEWALS_PER_LEASE = 4
"""Two renewals in a row may fail before the lease expires."""
NOT_RENEWED = ServiceUnavailable("api_unavailable", "The API was unavailable for longer than the worker's lease.")


def renewal_seconds(lease_seconds: float) -> float:
    """How long to wait for the answer to a renewal; short enough not to delay the next renewal."""
    return lease_seconds / RENEWALS_PER_LEASE / 2


class RenewedLease:
    """Renews the lease in a thread for the duration of the `with` block.

    `jobs` should not retry, and wait at most `renewal_seconds` for an answer, because the next renewal follows soon.
    The API counts an expired lease as a dead worker. If the lease expired during an outage of the API, the worker hands
    the job back once the API answers again, which undoes that count.
    """

    def __init__(self, jobs: JobsApi, claim: Claim) -> None:
        self._jobs = jobs
        self._claim = claim
        self._api_was_unavailable = False
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name=f"lease-{claim.job_id}", daemon=True)

    def __enter__(self) -> Self:
        if self._claim.attempt is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        if isinstance(error, NotOurs):
            self._undo_lost_lease()

    def _renew(self) -> None:
        pause = interval = self._jobs.lease_seconds / RENEWALS_PER_LEASE
        while not self._done.wait(pause):
            begun = time.monotonic()
            try:
                self._jobs.renew(self._claim)
                self._api_was_unavailable = False
            except NotOurs as error:
                self._undo_lost_lease()
                logger.info("job %s: lease lost, its result will be discarded: %s", self._claim.job_id, error)
                return
            except TransientFailure as error:
                self._api_was_unavailable = isinstance(error, ServiceUnavailable)
                # connections.outages logs an outage once, so it is not logged again for each job.
                level = logging.DEBUG if self._api_was_unavailable else logging.WARNING
                logger.log(level, "job %s: lease not renewed, trying again: %s", self._claim.job_id, error)
            pause = max(0.0, interval - (time.monotonic() - begun))

    def _undo_lost_lease(self) -> None:
        """Hand the job back if an outage of the API, and not a dead worker, is why the lease expired."""
        if self._api_was_unavailable:
            self._api_was_unavailable = False
            with suppress(NotOurs, TransientFailure):
                self._jobs.hand_back(self._claim, NOT_RENEWED)
