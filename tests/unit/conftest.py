"""Unit tests reach no network and no other process: what needs a socket belongs to tests/functional."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _no_sockets() -> Iterator[None]:
    """Socket pairs of the event loop, which never leave the process, are allowed."""
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
