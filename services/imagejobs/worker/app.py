"""Wires the worker. `dramatiq imagejobs.worker.app` imports this module, in its main and in each worker process."""

from functools import partial

import dramatiq
from dramatiq import Broker

from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.dispatch.broker import redis_broker
from imagejobs.errors import ConfigurationError
from imagejobs.runtime.logs import set_up_logging
from imagejobs.settings.settings import Settings, load_settings
from imagejobs.wiring.client import open_worker_client
from imagejobs.wiring.conversion import conversion_limits, conversion_options
from imagejobs.wiring.storage import open_storage
from imagejobs.worker.actors import declare_actors
from imagejobs.worker.dramatiq_log import quieten_dramatiq
from imagejobs.worker.image_store import ImageStore
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.lease import renewal_seconds
from imagejobs.worker.middleware.conversion_processes import ConversionProcesses
from imagejobs.worker.middleware.graceful_stop import GracefulStop
from imagejobs.worker.middleware.main_watch import MainWatch
from imagejobs.worker.process_image import ProcessImage


def build_worker(settings: Settings) -> Broker:
    """The broker of a worker, with its middleware and its actors. It connects to nothing before a worker runs on it.

    Raises ConfigurationError.
    """
    converter = Converter(conversion_limits(settings))
    use_case = process_image(settings, converter)  # shared by all threads, because it isolates suspicious jobs

    def give_up() -> None:
        use_case.in_flight.end()  # a conversion that fails from now on is not the job's fault
        converter.close()  # ends the conversions that threads wait for
        use_case.give_up()

    broker = redis_broker(settings)
    broker.add_middleware(ConversionProcesses(converter, settings.worker_threads))
    broker.add_middleware(MainWatch(give_up))
    broker.add_middleware(GracefulStop(settings.shutdown_seconds, give_up))
    declare_actors(broker, use_case, settings.max_attempts)
    return broker


def process_image(settings: Settings, converter: Converter) -> ProcessImage:
    """The use case with its production adapters."""
    lease = settings.lease_seconds
    impatient = open_worker_client(settings, max_tries=1, read_seconds=renewal_seconds(lease))
    return ProcessImage(
        jobs=JobsApi(open_worker_client(settings), lease),
        renewals=JobsApi(impatient, lease),
        images=ImageStore(open_storage(settings), settings.output_prefix, settings.max_upload_bytes),
        convert=partial(converter.convert, options=conversion_options(settings)),
    )


def _build_from_environment() -> Broker:
    try:
        settings = load_settings()
        worker = build_worker(settings)
    except ConfigurationError as mistakes:
        raise SystemExit(f"imagejobs worker: the settings are wrong:\n{mistakes}") from None
    set_up_logging(settings.log_level)
    quieten_dramatiq()
    dramatiq.set_broker(worker)
    return worker


broker = _build_from_environment()
"""What the `dramatiq` command runs; it imports this module for it."""
