"""Starts and ends the conversion's child processes together with the worker process."""

from dramatiq import Broker, Worker
from dramatiq.middleware import Middleware

from imagejobs.conversion.sandbox.pool import Converter


class ConversionProcesses(Middleware):
    """Starts `warm` children before the first message and ends all children after the last one."""

    def __init__(self, converter: Converter, warm: int) -> None:
        self._converter = converter
        self._warm = warm

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._converter.start(self._warm)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002 - Dramatiq's signature
        self._converter.close()
