"""Keeps a claim alive while its job is being worked on."""

import logging
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from imagejobs.worker.failures import NotOurs, ServiceUnavailable, TransientFailure
from imagejobs.worker.jobs_api import Claim, JobsApi

logger = logging.getLogger(__name__)

RENEWALS_PER_LEASE = 4
"""So that two renewals in a row may fail before the lease ends."""


UNHEARD = ServiceUnavailable("api_unavailable", "The API was unavailable for longer than the worker's lease.")


def renewal_seconds(lease_seconds: float) -> float:
    """How long to wait for a renewal's answer: the next one must not come late because of it."""
    return lease_seconds / RENEWALS_PER_LEASE / 2


class RenewedLease:
    """Renews the lease in a thread for as long as the `with` block runs. A killed process renews no more.

    `jobs` should not ask twice, nor wait longer than `renewal_seconds`: it is asked again soon. After the API was
    unavailable for longer than the lease, the next renewal tells it that this worker lives.
    """

    def __init__(self, jobs: JobsApi, claim: Claim) -> None:
        self._jobs = jobs
        self._claim = claim
        self._is_unheard = False
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
            self._show_life()

    def _renew(self) -> None:
        pause = interval = self._jobs.lease_seconds / RENEWALS_PER_LEASE
        while not self._done.wait(pause):
            begun = time.monotonic()
            try:
                self._jobs.renew(self._claim)
                self._is_unheard = False
            except NotOurs as error:
                self._show_life()
                logger.info("job %s: lease lost, its result will be thrown away: %s", self._claim.job_id, error)
                return
            except TransientFailure as error:
                self._is_unheard = isinstance(error, ServiceUnavailable)
                level = logging.DEBUG if self._is_unheard else logging.WARNING  # an outage is logged once, not per job
                logger.log(level, "job %s: lease not renewed, trying again: %s", self._claim.job_id, error)
            pause = max(0.0, interval - (time.monotonic() - begun))

    def _show_life(self) -> None:
        """What expired because nobody heard the renewals was not lost by a death: a hand-back says so."""
        if self._is_unheard:
            self._is_unheard = False
            with suppress(NotOurs, TransientFailure):
                self._jobs.hand_back(self._claim, UNHEARD)
