"""Wires the worker. `dramatiq imagejobs.worker.app` imports this module, in its main and in each worker process."""

from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import dramatiq

from imagejobs.broker import redis_broker
from imagejobs.client.connecting import connect_api_as_worker
from imagejobs.conversion.engine import convert
from imagejobs.conversion.options import Options
from imagejobs.errors import ConfigurationError
from imagejobs.logs import set_up_logging
from imagejobs.settings import Settings, load_settings
from imagejobs.storage.opening import open_storage
from imagejobs.worker.actors import declare_actors
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.process_image import ProcessImage


@dataclass(frozen=True, slots=True)
class Result:
    """A conversion with its receipt as the contract's JSON."""

    data: bytes
    receipt: dict[str, Any]


def conversion_options(settings: Settings) -> Options:
    """The engine's options that settings change."""
    return Options(
        max_side=settings.max_side,
        quality=settings.webp_quality,
        max_bytes=settings.max_upload_bytes,
        max_pixels=settings.max_pixels,
        max_frames=settings.max_frames,
    )


def process_image(settings: Settings) -> ProcessImage:
    """The use case with its production adapters."""
    return ProcessImage(
        jobs=JobsApi(connect_api_as_worker(settings), settings.lease_seconds),
        storage=open_storage(settings),
        convert=partial(_convert, conversion_options(settings)),
        output_prefix=settings.output_prefix,
        max_bytes=settings.max_upload_bytes,
    )


def _convert(options: Options, source: bytes) -> Result:
    conversion = convert(source, options)
    return Result(conversion.data, conversion.receipt.to_json())


try:
    _settings = load_settings()
except ConfigurationError as mistakes:
    raise SystemExit(f"imagejobs worker: the settings are wrong:\n{mistakes}") from None

set_up_logging(_settings.log_level)
broker = redis_broker(_settings)
dramatiq.set_broker(broker)
declare_actors(broker, cache(partial(process_image, _settings)))
