"""One run of `imagejobs up`: the supervisor with its children, up.json, and what the person at the terminal reads."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from imagejobs.embedded.applications import Addresses
from imagejobs.embedded.foreign_deployment import foreign_deployment
from imagejobs.embedded.report import Report
from imagejobs.embedded.services.mongodb import mongodb_uri
from imagejobs.embedded.services.redis_server import redis_uri
from imagejobs.embedded.supervision.child_spec import ChildEvent, Groups, Happening
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.supervision.supervisor import Supervisor
from imagejobs.embedded.up_file import UpState, remove_up_file, write_up_file
from imagejobs.settings.settings import Settings

START_TIMEOUT_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class LocalSystem:
    """Runs the children in `groups`, and keeps up.json up to date while they run."""

    def __init__(
        self,
        settings: Settings,
        addresses: Addresses,
        data_dir: Path,
        groups: Groups,
        guardian: Guardian,
        report: Report,
    ) -> None:
        self._settings = settings
        self._addresses = addresses
        self._data_dir = data_dir
        self._report = report
        self._announced = False
        self._supervisor = Supervisor(groups, self._on_event, guardian)

    def run(self, on_ready: Callable[[UpState], None] | None) -> None:
        """Start the children, report when all are ready, supervise them until a signal, and stop them."""

        def announce() -> None:
            self._announced = True
            state = self._state()
            write_up_file(self._data_dir, state)
            self._report.line(f"ready: {state.api_url}")
            for text in foreign_deployment(self._settings, self._addresses.redis_port, self._addresses.mongodb_port):
                self._report.line(f"up: {text}", "yellow")
            if on_ready is not None:
                on_ready(state)

        remove_up_file(self._data_dir)  # an `up` that was killed leaves its file behind
        try:
            with _stopped_by_signals(self._supervisor):
                self._supervisor.run(announce, START_TIMEOUT_SECONDS)
        finally:
            remove_up_file(self._data_dir)

    def _on_event(self, event: ChildEvent) -> None:
        self._report.event(event)
        if self._announced and event.happening is Happening.STARTED:
            try:
                write_up_file(self._data_dir, self._state())
            except OSError as error:  # such as a full disk: the system runs on, with old process ids in the file
                self._report.line(f"up: {self._data_dir} cannot be written: {error.strerror}", "yellow")

    def _state(self) -> UpState:
        tokens, worker_tokens = self._settings.api_tokens, self._settings.worker_tokens
        return UpState(
            api_url=self._addresses.api_url,
            redis_uri=redis_uri(self._addresses.redis_port),
            mongodb_uri=mongodb_uri(self._addresses.mongodb_port),
            token=tokens[0].get_secret_value() if tokens else None,
            worker_token=worker_tokens[0].get_secret_value() if worker_tokens else None,
            pids={"up": os.getpid(), **self._supervisor.pids()},
        )


@contextmanager
def _stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
    """In this block each of STOP_SIGNALS requests a stop. SIGHUP stays ignored where nohup ignores it."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.request_stop()

    numbers = [number for number in STOP_SIGNALS if not _ignored_by_nohup(number)]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignored_by_nohup(number: signal.Signals) -> bool:
    return number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
