"""The process `imagejobs api`: the application on our uvicorn server."""

import logging
import threading
from collections.abc import Sequence

from imagejobs.api.app import Adapters, create_app
from imagejobs.api.limits import ConnectionLimits
from imagejobs.api.server import serve
from imagejobs.connections.mongodb import Database
from imagejobs.conversion.errors import ConversionError, ErrorCode
from imagejobs.conversion.formats.format import Format
from imagejobs.conversion.formats.registry import BASIC, FORMATS
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.deployment import DeploymentWatch
from imagejobs.events.mongo_repository import MongoEventRepository
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.runtime.signals import exit_cleanly_on_sigterm
from imagejobs.settings.settings import Settings
from imagejobs.wiring.storage import open_storage
from imagejobs.wiring.task_queue import open_task_queue

logger = logging.getLogger(__name__)


def production_adapters(settings: Settings, database: Database) -> Adapters:
    """The adapters that the settings name. None of them connects before it is used."""
    return Adapters(
        jobs=MongoImageJobRepository(database),
        events=MongoEventRepository(database),
        storage=open_storage(settings),
        queue=open_task_queue(settings),
    )


def readable_formats() -> Sequence[Format]:
    """The formats that the image library on this machine reads; workers are assumed to have the same library.

    A child process loads the library; the API never does. Without a library, these are the formats that every worker
    reads. If the child runs out of memory, these are all formats.
    """
    try:
        with Converter() as converter:
            readable = converter.abilities().reads
    except ConversionError as error:
        if error.code == ErrorCode.CONVERSION_MEMORY:  # the library may exist: let the workers decide what it reads
            logger.warning("the formats that the image library reads are unknown, so all are accepted: %s", error)
            return FORMATS
        logger.info(
            "no image library on this machine (%s): only %s are accepted", error, ", ".join(f.title for f in BASIC)
        )
        return BASIC
    return [each for each in FORMATS if each.name in readable]


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests under way or cut them off. The exit code is 0."""
    exit_cleanly_on_sigterm()
    database = Database(settings.mongodb_uri)
    app = create_app(settings, production_adapters(settings, database), formats=readable_formats())
    if not (settings.api_tokens and settings.worker_tokens):
        logger.warning(
            "API_TOKENS or WORKER_TOKENS is not set: anybody who can reach %s may use the API", settings.shown_api_url
        )
    logger.info("image-jobs API on %s, documented at %s/docs", settings.shown_api_url, settings.shown_api_url)
    DeploymentWatch(settings, database).start(stop=threading.Event())
    serve(app, settings.api_host, settings.api_port, ConnectionLimits.of(settings))
