"""The engine's correctness table: each test writes its own file, and Pillow, not ImageMagick, judges the result."""

import pytest_socket


def pytest_runtest_setup() -> None:
    """Block the network: a conversion needs none."""
    pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    """Unblock the network for other tests of the same run."""
    pytest_socket.enable_socket()
