"""Wires the worker. `dramatiq imagejobs.worker.app` imports this module, in its main and in each worker process."""

from functools import partial

import dramatiq
from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.dispatch.broker import redis_broker
from imagejobs.errors import ConfigurationError
from imagejobs.runtime.logs import set_up_logging
from imagejobs.settings.settings import Settings, load_settings
from imagejobs.wiring.client import connect_api_as_worker
from imagejobs.wiring.conversion import conversion_limits, conversion_options
from imagejobs.wiring.storage import open_storage
from imagejobs.worker.actors import declare_actors
from imagejobs.worker.graceful_stop import GracefulStop
from imagejobs.worker.jobs_api import JobsApi
from imagejobs.worker.lease import renewal_seconds
from imagejobs.worker.main_watch import EndWithMain
from imagejobs.worker.process_image import ProcessImage
from imagejobs.worker.quiet_dramatiq import quieten_dramatiq


def process_image(settings: Settings, converter: Converter) -> ProcessImage:
    """The use case with its production adapters."""
    lease = settings.lease_seconds
    impatient = connect_api_as_worker(settings, max_tries=1, read_seconds=renewal_seconds(lease))
    return ProcessImage(
        jobs=JobsApi(connect_api_as_worker(settings), lease),
        renewals=JobsApi(impatient, lease),
        storage=open_storage(settings),
        convert=partial(converter.convert, options=conversion_options(settings)),
        output_prefix=settings.output_prefix,
        max_bytes=settings.max_upload_bytes,
    )


class ConversionProcesses(Middleware):
    """Starts the children of a worker process before its first message, and ends them after its last."""

    def __init__(self, converter: Converter, warm: int) -> None:
        self._converter = converter
        self._warm = warm

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._converter.start(self._warm)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._converter.close()


def _give_up() -> None:
    _use_case.in_flight.end()  # what ends from now on was ended by this process
    _converter.close()  # whoever waits for a conversion need not any more
    _use_case.give_up()


try:
    _settings = load_settings()
    _converter = Converter(conversion_limits(_settings))
    _use_case = process_image(_settings, _converter)  # one for all threads: it knows who runs beside whom
except ConfigurationError as mistakes:
    raise SystemExit(f"imagejobs worker: the settings are wrong:\n{mistakes}") from None

set_up_logging(_settings.log_level)
quieten_dramatiq()
broker = redis_broker(_settings)
dramatiq.set_broker(broker)
broker.add_middleware(ConversionProcesses(_converter, _settings.worker_threads))
broker.add_middleware(EndWithMain(_give_up))
broker.add_middleware(GracefulStop(_settings.shutdown_seconds, _give_up))
declare_actors(broker, _use_case, _settings.max_attempts)
