import socket
import subprocess
import sys

import pytest
from pytest_socket import SocketBlockedError


def test_no_unit_test_reaches_a_network() -> None:
    # pytest-socket warns before it raises, and the warning is an error if warnings are errors.
    with pytest.raises((SocketBlockedError, UserWarning), match=r"socket\.socket"):
        socket.socket(socket.AF_INET)


def test_the_event_loops_own_socket_pair_is_allowed() -> None:
    for each in socket.socketpair():
        each.close()


def test_no_unit_test_starts_a_process() -> None:
    with pytest.raises(RuntimeError, match="starts a process"):
        subprocess.Popen([sys.executable, "-c", ""])


@pytest.fixture(scope="session")
def wide() -> None:
    """A session fixture, which is set up before all fixtures of narrower scope."""
    with pytest.raises((SocketBlockedError, UserWarning), match=r"socket\.socket"):
        socket.socket(socket.AF_INET)
    with pytest.raises(RuntimeError, match="starts a process"):
        subprocess.Popen([sys.executable, "-c", ""])


@pytest.mark.usefixtures("wide")
def test_no_session_fixture_starts_a_process() -> None:
    test_no_unit_test_starts_a_process()
