"""The process `imagejobs reconciler`."""

import logging
import random
import threading
from dataclasses import asdict

from imagejobs.connections.mongodb import Database
from imagejobs.deployment import DeploymentWatch
from imagejobs.errors import BackingServiceUnavailable, ConfigurationError
from imagejobs.events.mongo_repository import MongoEventRepository
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.jobs.stores import Stores
from imagejobs.jobs.upkeep.audit import Audit
from imagejobs.reconciler.metrics import Metrics
from imagejobs.reconciler.repairs import Repairs
from imagejobs.reconciler.sweep_thread import SweepThread
from imagejobs.runtime.signals import stop_on_signals
from imagejobs.settings.settings import Settings
from imagejobs.wiring.events import event_deletion
from imagejobs.wiring.jobs import image_jobs, job_repair, job_sweep
from imagejobs.wiring.storage import open_storage
from imagejobs.wiring.task_queue import open_task_queue

logger = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Repair every RECONCILE_INTERVAL seconds and sweep every SWEEP_INTERVAL seconds, until SIGTERM or SIGINT.

    Raises ConfigurationError if METRICS_HOST and METRICS_PORT cannot be listened on.
    """
    stop = stop_on_signals()
    metrics = Metrics()
    _serve(metrics, settings)
    database = Database(settings.mongodb_uri)
    stores = Stores(MongoImageJobRepository(database), open_storage(settings), open_task_queue(settings))
    sweep = job_sweep(stores.repository, stores.storage, settings)
    audit = Audit(stores.repository, stores.storage)
    sweeps = SweepThread(sweep, audit, settings.sweep_interval, stop, metrics)
    if settings.sweep_interval:
        sweeps.start()
    DeploymentWatch(settings, database).start(stop)
    logger.info("reconciling every %g s, sweeping every %g s", settings.reconcile_interval, settings.sweep_interval)
    deletion = event_deletion(MongoEventRepository(database), image_jobs(stores, settings), settings)
    repairs = Repairs(job_repair(stores, settings), deletion)
    reconcile(repairs, settings.reconcile_interval, stop, metrics)
    sweeps.raise_fault()


def reconcile(repairs: Repairs, interval: float, stop: threading.Event, metrics: Metrics) -> None:
    """Run passes until `stop`. An outage ends a pass; the next one does the rest.

    After a pass that reached its limits the next one begins at once. The interval varies by a tenth, so that several
    reconcilers do not run at the same time.
    """
    pause = interval
    while not stop.wait(pause):
        pause = interval * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret
        try:
            with metrics.timed_pass():
                report = repairs.run_once()
        except BackingServiceUnavailable as error:
            metrics.cut_short(error.service)
            continue
        metrics.repaired(report)
        if report.is_full:
            pause = 0
        changed = {name: count for name, count in asdict(report).items() if count}
        if changed:
            logger.info("repaired: %s", ", ".join(f"{name}={count}" for name, count in changed.items()))


def _serve(metrics: Metrics, settings: Settings) -> None:
    if not settings.metrics_port:
        return
    host, port = settings.metrics_host, settings.metrics_port
    try:
        metrics.serve(host, port)
    except OSError as error:
        raise ConfigurationError(f"METRICS_HOST, METRICS_PORT: {host}:{port} cannot be listened on: {error}") from None
    logger.info("metrics on http://%s:%d/metrics", host, port)
