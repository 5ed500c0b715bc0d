"""The engine's table of correctness: each test makes its own file, and Pillow, not ImageMagick, judges the result."""

import pytest_socket


def pytest_runtest_setup() -> None:
    """A conversion needs no network."""
    pytest_socket.disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    """Other tests of the same run may need it."""
    pytest_socket.enable_socket()
