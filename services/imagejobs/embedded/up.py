"""`imagejobs up`: runs the whole system on this machine."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from imagejobs.embedded.applications import (
    Addresses,
    CommandLine,
    application_environment,
    applications,
    imagejobs_command,
)
from imagejobs.embedded.data_dir_lock import DataDirLock
from imagejobs.embedded.local_system import LocalSystem
from imagejobs.embedded.report import Report
from imagejobs.embedded.services.mongodb import mongodb
from imagejobs.embedded.services.ports import LOOPBACK, free_port, why_not_free
from imagejobs.embedded.services.redis_server import redis_server
from imagejobs.embedded.supervision.child_spec import Groups
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.up_file import UpState
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings


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
    """Run the whole system until SIGINT, SIGTERM or SIGHUP; a second signal kills it at once.

    Call this in the main thread. `port`, `data_dir` and `workers` default to the settings. `on_ready` is called once,
    in the loop that supervises the children, so it must start a thread for longer work. That thread can end the run
    with `signal.raise_signal(signal.SIGTERM)`. `command` returns the command line of an `imagejobs` command.

    Raises ConfigurationError if a program is missing, another `up` runs on the data directory, the chosen port is in
    use, or the children are not ready within a minute.
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


def _prepare(data_dir: Path) -> Path:
    """The absolute path of the data directory, which is created if it is missing."""
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
    """The port of --port or API_PORT, which must be free; any free port for 0.

    If the default port is taken, any free port is used instead, and this is reported.
    """
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
