"""The process `imagejobs api`: the application under uvicorn."""

import logging
import threading
from collections.abc import Sequence

from imagejobs.api.app import Adapters, create_app
from imagejobs.api.connections.limits import ConnectionLimits
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
    """The adapters that the settings ask for; none of them connects before it is used."""
    return Adapters(
        jobs=MongoImageJobRepository(database),
        events=MongoEventRepository(database),
        storage=open_storage(settings),
        queue=open_task_queue(settings),
    )


def readable_formats() -> Sequence[Format]:
    """What the image library on this machine reads, which is taken for the workers'. The API never loads it itself.

    Without it, the formats that every worker reads; all, where this machine had not enough room to find out.
    """
    try:
        with Converter() as converter:
            readable = converter.abilities().reads
    except ConversionError as error:
        if error.code == ErrorCode.CONVERSION_MEMORY:  # the library may be there: what it reads is the workers' affair
            logger.warning("what the image library reads was not found out: all formats are accepted (%s)", error)
            return FORMATS
        logger.info("no image library here (%s): only %s are accepted", error, ", ".join(f.title for f in BASIC))
        return BASIC
    return [each for each in FORMATS if each.name in readable]


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; what is under way is finished first or cut off, and the exit code is 0."""
    exit_cleanly_on_sigterm()
    database = Database(settings.mongodb_uri)
    app = create_app(settings, production_adapters(settings, database), formats=readable_formats())
    if not (settings.api_tokens and settings.worker_tokens):
        logger.warning("no API_TOKENS or no WORKER_TOKENS: whoever reaches %s may use the API", settings.shown_api_url)
    logger.info("image-jobs API on %s, documented at %s/docs", settings.shown_api_url, settings.shown_api_url)
    DeploymentWatch(settings, database).start(stop=threading.Event())
    serve(app, settings.api_host, settings.api_port, ConnectionLimits.of(settings))
