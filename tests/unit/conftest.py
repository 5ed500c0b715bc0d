"""Unit tests use no network and start no process; tests that need either belong to tests/functional."""

import subprocess
from collections.abc import Generator
from typing import Any

import pytest
import pytest_socket
import wand.api  # noqa: F401 - finds its library by a process, when it is imported first

_patch = pytest.MonkeyPatch()


class ProcessBlockedError(RuntimeError):
    """A unit test tried to start a process."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Block sockets and processes before any fixture is set up, including those of session scope.

    The event loop's socket pairs never leave the process and are allowed.
    """
    pytest_socket.disable_socket(allow_unix_socket=True)
    _patch.setattr(subprocess.Popen, "__init__", _refuse)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """Undo the block after all fixtures, even if one failed."""
    try:
        return (yield)
    finally:
        _patch.undo()
        pytest_socket.enable_socket()


def _refuse(_: object, arguments: object, **__: Any) -> None:
    raise ProcessBlockedError(f"a unit test starts a process: {arguments}")
