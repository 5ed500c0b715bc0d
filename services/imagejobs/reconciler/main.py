"""The process `imagejobs reconciler`."""

import logging
import random
import threading
from dataclasses import asdict

from imagejobs.database import Database
from imagejobs.errors import BackingServiceUnavailable
from imagejobs.jobs.audit import Audit
from imagejobs.jobs.mongo_repository import MongoImageJobRepository
from imagejobs.jobs.repair import Repair
from imagejobs.jobs.service import ImageJobs
from imagejobs.jobs.wiring import job_policy, job_repair, job_sweep
from imagejobs.reconciler.sweeping import Sweeping
from imagejobs.settings import Settings
from imagejobs.stopping import stop_on_signals
from imagejobs.storage.opening import open_storage
from imagejobs.task_queue.opening import open_task_queue

logger = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Repair every RECONCILE_INTERVAL seconds, and sweep every SWEEP_INTERVAL, until SIGTERM or SIGINT."""
    stop = stop_on_signals()
    repository = MongoImageJobRepository(Database(settings.mongodb_uri))
    storage = open_storage(settings)
    jobs = ImageJobs(repository, storage, open_task_queue(settings), job_policy(settings))
    sweep = job_sweep(repository, storage, settings)
    sweeping = Sweeping(sweep, Audit(repository, storage), settings.sweep_interval, stop)
    if settings.sweep_interval:
        sweeping.start()
    logger.info("reconciling every %g s, sweeping every %g s", settings.reconcile_interval, settings.sweep_interval)
    reconcile(job_repair(jobs, settings), settings.reconcile_interval, stop)
    sweeping.raise_fault()


def reconcile(repair: Repair, interval: float, stop: threading.Event) -> None:
    """Pass after pass until `stop`. An outage is told once and ridden out; the next pass does what was left.

    The interval is varied by a tenth, so that several reconcilers do not move in step.
    """
    away: str | None = None
    while not stop.wait(interval * random.uniform(0.9, 1.1)):  # noqa: S311 - jitter, not a secret
        try:
            report = repair.run_once()
        except BackingServiceUnavailable as error:
            if away != error.service:
                logger.warning("%s; trying on", error)
            away = error.service
            continue
        if away:
            logger.info("%s is back", away)
            away = None
        changed = {name: count for name, count in asdict(report).items() if count}
        if changed:
            logger.info("repaired: %s", ", ".join(f"{name}={count}" for name, count in changed.items()))
