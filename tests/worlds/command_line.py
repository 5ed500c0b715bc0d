"""Fixtures that run the command line in the test's process, with nothing of this machine's settings."""

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
    """What a process sets up for itself is undone after the block: the handlers and the levels."""
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
    """No setting of this machine, no `.env`, no running system; the logging stays the test's."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with logging_unchanged():
        yield


@pytest.fixture(autouse=True)
def closed_connections(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command's connections end with its process; here they must be ended by hand."""
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
    """What a command that succeeded answered with `--json`, and printed nothing else."""
    document = json.loads(result.stdout)
    assert (document["success"], result.exit_code) == (True, 0), result.stdout
    return document["data"]


def failure(result: Result) -> Any:
    """What a command that failed answered with `--json`: the whole document."""
    document = json.loads(result.stdout)
    assert document["success"] is False
    assert document["message"]
    assert result.exit_code > 0
    return document


@pytest.fixture
def run() -> Run:
    """Run a command line in this process; standard output and standard error apart."""

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke
