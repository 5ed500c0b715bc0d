"""Fixtures that run the command line in the test's process, without any settings of this machine."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from imagejobs.cli import app
from imagejobs.runtime.logs import QUIET
from imagejobs.settings.settings import Settings
from typer.testing import CliRunner, Result

SETTINGS = sorted(name.upper() for name in Settings.model_fields)

Run = Callable[..., Result]


@contextmanager
def logging_unchanged() -> Iterator[None]:
    """Restore the root logger's handlers and the loggers' levels after the block."""
    names = (None, *QUIET)
    handlers, levels = logging.root.handlers[:], [logging.getLogger(name).level for name in names]
    try:
        yield
    finally:
        logging.root.handlers[:] = handlers
        for name, level in zip(names, levels, strict=True):
            logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Run in an empty folder without this machine's settings or `.env`, and restore the logging afterwards."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with logging_unchanged():
        yield


@pytest.fixture(autouse=True)
def closed_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the HTTP clients that commands opened: outside a test, the end of the process closes them."""
    clients: list[httpx2.Client] = []

    class Recorded(httpx2.Client):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            clients.append(self)

    monkeypatch.setattr(httpx2, "Client", Recorded)
    yield
    for client in clients:
        client.close()


def data(result: Result) -> Any:
    """The `data` of a successful command run with `--json`, which must have printed nothing else."""
    document = json.loads(result.stdout)
    assert (document["success"], result.exit_code) == (True, 0), result.stdout
    return document["data"]


def failure(result: Result) -> Any:
    """The whole document that a failed command printed with `--json`."""
    document = json.loads(result.stdout)
    assert document["success"] is False
    assert document["message"]
    assert result.exit_code > 0
    return document


@pytest.fixture
def run() -> Run:
    """Runs a command line in this process; standard output and standard error are kept apart."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke
