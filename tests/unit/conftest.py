"""Unit tests reach no network and start no process: what needs either belongs to tests/functional."""

import subprocess
from collections.abc import Generator
from typing import Any

import pytest
import pytest_socket
import wand.api  # noqa: F401 - finds its library by a process, when it is imported first

_patch = pytest.MonkeyPatch()


class ProcessBlockedError(RuntimeError):
    """A unit test starts a process."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Before all fixtures: one of wider scope is set up before any other fixture could forbid it anything.

    Socket pairs of the event loop, which never leave the process, are allowed.
    """
    pytest_socket.disable_socket(allow_unix_socket=True)
    _patch.setattr(subprocess.Popen, "__init__", _refuse)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Generator[None, None, None]:
    """After all fixtures, whether or not they ended well."""
    try:
        return (yield)
    finally:
        _patch.undo()
        pytest_socket.enable_socket()


def _refuse(_: object, arguments: object, **__: Any) -> None:
    raise ProcessBlockedError(f"a unit test starts a process: {arguments}")
