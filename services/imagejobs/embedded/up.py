"""`imagejobs up`: plans the children of one local system, runs them, and says where it is."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console

from imagejobs.embedded.applications import (
    Addresses,
    CommandLine,
    application_environment,
    applications,
    imagejobs_command,
)
from imagejobs.embedded.data_dir_lock import DataDirLock
from imagejobs.embedded.foreign_deployment import foreign_deployment
from imagejobs.embedded.report import Report
from imagejobs.embedded.services.mongodb import mongodb, mongodb_uri
from imagejobs.embedded.services.ports import LOOPBACK, free_port, why_not_free
from imagejobs.embedded.services.redis_server import redis_server, redis_uri
from imagejobs.embedded.supervision.child_spec import ChildEvent, Groups, Happening
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.supervision.supervisor import Supervisor
from imagejobs.embedded.up_file import UpState, remove_up_file, write_up_file
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings

START_TIMEOUT_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_up(
    settings: Settings,
    *,
    port: int | None,
    data_dir: Path | None,
    workers: int | None,
    on_ready: Callable[[UpState], None] | None = None,
    console: Console,
    command: CommandLine = imagejobs_command,
) -> None:
    """Run the whole system on this machine until SIGINT, SIGTERM or SIGHUP; a second one kills it at once.

    `port`, `data_dir` and `workers` default to the settings. `on_ready` is called once, in the loop that supervises
    the children: longer work belongs in a thread, which ends the run with `signal.raise_signal(signal.SIGTERM)`.
    To be called in the main thread. Raises ConfigurationError when a program is missing, another `up` runs on the
    data directory, a port that was chosen is in use, or the children are not ready within a minute.
    """
    report = Report(console)
    directory = _prepare(data_dir or settings.data_dir)
    with DataDirLock(directory) as lock, Guardian(inherit=lock.descriptor) as guardian:
        api_port = _choose_port(settings, port, report)
        addresses = Addresses(api_port, redis_port=free_port(), mongodb_port=free_port())
        env = application_environment(settings, addresses, directory, workers)
        groups: Groups = (
            (redis_server(directory, addresses.redis_port), mongodb(directory, addresses.mongodb_port)),
            *applications(env, addresses, directory, command),
        )
        LocalSystem(settings, addresses, directory, groups, guardian, report).run(on_ready)


class LocalSystem:
    """One run of `up`: keeps up.json true while the supervisor works."""

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
        self._supervisor = Supervisor(groups, self._hear, guardian)

    def run(self, on_ready: Callable[[UpState], None] | None) -> None:
        """Start all, announce it, supervise until a signal, stop all."""

        def announce() -> None:
            self._announced = True
            state = self._state()
            write_up_file(self._data_dir, state)
            self._report.line(f"ready: {state.api_url}")
            for text in foreign_deployment(self._settings, self._addresses.redis_port, self._addresses.mongodb_port):
                self._report.line(f"up: {text}", "yellow")
            if on_ready is not None:
                on_ready(state)

        remove_up_file(self._data_dir)  # of an `up` that was killed
        try:
            with _stopped_by_signals(self._supervisor):
                self._supervisor.run(announce, START_TIMEOUT_SECONDS)
        finally:
            remove_up_file(self._data_dir)

    def _hear(self, event: ChildEvent) -> None:
        self._report.event(event)
        if self._announced and event.happening is Happening.STARTED:
            try:
                write_up_file(self._data_dir, self._state())
            except OSError as error:  # a full disk; the process ids in the file are old ones then, all else holds
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


def _prepare(data_dir: Path) -> Path:
    directory = data_dir.absolute()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR {directory} cannot be used: {error}. Choose another with --data-dir"
        ) from error
    return directory


def _choose_port(settings: Settings, asked: int | None, report: Report) -> int:
    """The port that somebody chose, any free one for 0, and another one only instead of the default."""
    wanted = settings.api_port if asked is None else asked
    problem = why_not_free(wanted)
    if wanted and not problem:
        return wanted
    if wanted and (asked is not None or "api_port" in settings.model_fields_set):
        chosen_by = "API_PORT" if asked is None else "--port"
        raise ConfigurationError(
            f"{chosen_by}: port {wanted} of {LOOPBACK} cannot be used ({problem}). End the program that listens there, "
            "or choose another port; 0 takes any free one"
        )
    port = free_port()
    if wanted:
        report.line(f"port {wanted} of {LOOPBACK} cannot be used ({problem}): taking {port} instead", "yellow")
    return port


@contextmanager
def _stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
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
