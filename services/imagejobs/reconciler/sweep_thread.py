"""Sweeps and audits in a separate thread, so that they do not delay the repairs."""

import logging
import random
import threading
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.upkeep.audit import Audit, Damage
from imagejobs.jobs.upkeep.sweep import Kind, Sweep, Swept
from imagejobs.reconciler.metrics import Metrics

logger = logging.getLogger(__name__)

AUDIT_PAGES = 2
"""Pages that are audited after each sweep. The next sweep continues there."""


class SweepThread:
    """Sweeps every `interval` seconds until `stop`. An outage ends a pass; the next one does the rest.

    The first pass begins after a tenth of the interval, so that a process that is often restarted sweeps too.
    """

    def __init__(self, sweep: Sweep, audit: Audit, interval: float, stop: threading.Event, metrics: Metrics) -> None:
        self._sweep = sweep
        self._audit = audit
        self._interval = interval
        self._stop = stop
        self._metrics = metrics
        self._cursor: str | None = None
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sweep", daemon=True)

    def start(self) -> None:
        """Start the thread. It is a daemon: the process can end while a call of it hangs."""
        self._thread.start()

    def raise_fault(self) -> None:
        """After `stop`: raise the exception that ended the thread, if there was one."""
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        try:
            interval = self._interval / 10
            while not self._stop.wait(interval * random.uniform(0.9, 1.1)):  # noqa: S311 - jitter, not a secret
                self._pass()
                interval = self._interval
        except BaseException as fault:  # noqa: BLE001 - raised again in the main thread
            self._fault = fault
            self._stop.set()

    def _pass(self) -> None:
        try:
            self._sweep_all()
            self._audit_some()
        except BackingServiceUnavailable as error:
            logger.info("%s; the sweep continues in %g s", error, self._interval)

    def _sweep_all(self) -> None:
        found = {kind: Swept() for kind in Kind}
        for kind, swept in self._sweep.run():
            found[kind] += swept
            self._metrics.swept(kind, swept)
            if self._stop.is_set():
                return
        for kind, swept in found.items():
            counts = {name: count for name, count in asdict(swept).items() if count}
            logger.info("swept %s: %s", kind, ", ".join(f"{name}={count}" for name, count in counts.items()) or "empty")

    def _audit_some(self) -> None:
        jobs = damaged = 0
        for _ in range(AUDIT_PAGES):
            if self._stop.is_set():
                return
            page = self._audit.page(self._cursor)
            self._cursor = page.cursor
            found = _warn(page.damages)
            self._metrics.audited(page.jobs, found)
            jobs += page.jobs
            damaged += found
            if page.cursor is None:
                break
        logger.info("audited %d COMPLETED jobs, %d damaged", jobs, damaged)


def _warn(damages: Sequence[Damage]) -> int:
    """Log one warning for each damaged job. Returns how many there are."""
    by_job = [(job_id, list(found)) for job_id, found in groupby(damages, lambda damage: damage.job_id)]
    for job_id, found in by_job:
        logger.warning("image job %s is COMPLETED, but %s", job_id, ", ".join(map(str, found)))
    return len(by_job)
