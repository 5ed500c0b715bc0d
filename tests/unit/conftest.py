"""Unit tests reach no network and start no process: what needs either belongs to tests/functional."""

import subprocess
from collections.abc import Iterator

import pytest
import pytest_socket
import wand.api  # noqa: F401 - finds its library by a process, when it is imported first


class ProcessBlockedError(RuntimeError):
    """A unit test starts a process."""


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    """Socket pairs of the event loop, which never leave the process, are allowed."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True)
def _no_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object, arguments: object, **__: object) -> None:
        raise ProcessBlockedError(f"a unit test starts a process: {arguments}")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
