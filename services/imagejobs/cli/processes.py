"""The commands that run processes of a deployment, and `up`."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from imagejobs.cli.presentation.answer import Answer
from imagejobs.runtime.logs import set_up_logging
from imagejobs.settings.settings import Settings, load_settings, misspelt_variables

logger = logging.getLogger(__name__)

HANDING_BACK_SECONDS = 5
"""The time after SHUTDOWN_SECONDS in which a worker hands back its running jobs."""


def worker_shutdown_ms(shutdown_seconds: float) -> int:
    """Dramatiq's `--worker-shutdown-timeout` for this SHUTDOWN_SECONDS."""
    return round((shutdown_seconds + HANDING_BACK_SECONDS) * 1000)


def _settings() -> Settings:
    settings = load_settings()
    set_up_logging(settings.log_level)
    for warning in misspelt_variables():
        logger.warning("environment: %s", warning)
    return settings


def api() -> None:
    """Serve the HTTP API."""
    from imagejobs.api.main import run

    run(_settings())


def queue_adapter() -> None:
    """Move messages from the list TASK_QUEUE to the Dramatiq workers."""
    from imagejobs.queue_adapter.main import run

    run(_settings())


def reconciler() -> None:
    """Find lost jobs and messages and repair them, until it is stopped."""
    from imagejobs.reconciler.main import run

    run(_settings())


def worker(
    processes: Annotated[int | None, typer.Option(help="Worker processes. Default: WORKER_PROCESSES.", min=1)] = None,
    threads: Annotated[int | None, typer.Option(help="Threads of each. Default: WORKER_THREADS.", min=1)] = None,
) -> None:
    """Convert images. Runs `dramatiq imagejobs.worker.app` with as many processes and threads as the settings say."""
    settings = _settings()
    command = [sys.executable, "-P", "-m", "dramatiq", "imagejobs.worker.app"]
    command += ["--path"]  # empty: by default Dramatiq looks for modules in the working directory first
    command += ["--processes", str(processes or settings.worker_processes)]
    command += ["--threads", str(threads or settings.worker_threads)]
    shutdown_ms = worker_shutdown_ms(settings.shutdown_seconds)
    command += ["--worker-shutdown-timeout", str(shutdown_ms), "--skip-logging"]
    os.execv(sys.executable, command)  # noqa: S606 - this process becomes Dramatiq's command line


def indexes() -> Answer:
    """Create the indexes of the MongoDB collections and the deployment's id, unless they exist."""
    from imagejobs.connections.mongodb import Database
    from imagejobs.deployment import made_deployment_id
    from imagejobs.events.mongo_document import create_event_indexes
    from imagejobs.jobs.records.mongo import create_indexes

    database = Database(_settings().mongodb_uri)
    create_indexes()
    create_event_indexes()
    made_deployment_id(database)
    collections = ["image_jobs", "events", "deleted_events"]
    return Answer({"collections": collections}, f"indexes: {', '.join(collections)} ready")


def up(
    port: Annotated[
        int | None, typer.Option(help="Port of the API; 0 takes any free one. Default: API_PORT.", min=0, max=65535)
    ] = None,
    data_dir: Annotated[Path | None, typer.Option(help="The directory of all data. Default: DATA_DIR.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes. Default: WORKER_PROCESSES.", min=1)] = None,
) -> None:
    """Run the whole system on this machine, with its own Redis, MongoDB and file storage. Ctrl-C ends it."""
    from imagejobs.embedded.up import run_up

    for warning in misspelt_variables():
        typer.echo(f"imagejobs: environment: {warning}", err=True)
    run_up(load_settings(storage="filesystem"), port=port, data_dir=data_dir, workers=workers, console=Console())
