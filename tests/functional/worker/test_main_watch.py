"""A worker's processes end when its main process is killed, even without a supervisor."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from imagejobs.embedded.applications import imagejobs_command
from servers.processes import redis_server, wait_until
from worlds.conversion_children import has_died

PROCESSES, THREADS = 2, 1
DRAMATIQ = (sys.executable, "-P", "-m", "dramatiq", "imagejobs.worker.app")
NUMBERS = ("--processes", str(PROCESSES), "--threads", str(THREADS))
SPAWN = "dramatiq --use-spawn"
COMMANDS = {
    "imagejobs worker": (*imagejobs_command("worker"), *NUMBERS),
    "dramatiq": (*DRAMATIQ, *NUMBERS),
    SPAWN: (*DRAMATIQ, *NUMBERS, "--use-spawn"),
}


@pytest.fixture(scope="module")
def redis_port() -> Iterator[int]:
    with redis_server() as server:
        yield server.port


@contextmanager
def running(command: tuple[str, ...], redis_port: int, directory: Path) -> Iterator[psutil.Process]:
    """The main process of a running worker; all its processes end with the block."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LD_LIBRARY_PATH"}}
    settings = {
        "STORAGE": "filesystem",
        "REDIS_URI": f"redis://127.0.0.1:{redis_port}/0",
        "TMPDIR": str(directory),
        "WORKER_THREADS": str(THREADS),
    }
    with (directory / "worker.log").open("wb") as log:
        process = subprocess.Popen(command, env=kept | settings, cwd=directory, stdout=log, stderr=log)
    main = psutil.Process(process.pid)
    try:
        yield main
    finally:
        for each in [*main.children(recursive=True), main] if process.poll() is None else []:
            each.kill()
        process.wait(30)


def is_starting(main: psutil.Process, _log: Path) -> bool:
    """Whether all conversion processes have started; the worker processes report this a moment later."""
    return len(converting(main)) == PROCESSES * THREADS


def is_ready(main: psutil.Process, log: Path) -> bool:
    """Whether the main process has logged that its worker processes are ready."""
    return is_starting(main, log) and log.read_text().count("ready for action") == PROCESSES


def converting(main: psutil.Process) -> list[psutil.Process]:
    return [each for each in main.children(recursive=True) if "imagejobs.conversion.sandbox.child" in arguments(each)]


def arguments(process: psutil.Process) -> list[str]:
    """The process's command line; empty if it has ended, as programs that look for a library soon do."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize(
    ("name", "moment"),
    [("imagejobs worker", is_ready), ("dramatiq", is_starting), (SPAWN, is_ready)],
)
def test_nothing_is_left_a_moment_after_the_main_process_was_killed(
    name: str, moment: Callable[[psutil.Process, Path], bool], redis_port: int, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    with running(COMMANDS[name], redis_port, tmp_path) as main:
        wait_until(lambda: moment(main, log), 30)
        family = main.children(recursive=True)
        main.send_signal(signal.SIGKILL)

        assert len(family) >= PROCESSES * (THREADS + 1)
        wait_until(lambda: all(has_died(each.pid) for each in family), 15)

    assert list(tmp_path.glob("imagejobs-conversion*")) == []
    assert log.read_text().count("main process has died") == PROCESSES
