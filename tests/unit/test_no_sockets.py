import socket

import pytest
from pytest_socket import SocketBlockedError


def test_no_unit_test_reaches_a_network() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket(socket.AF_INET)


def test_the_event_loops_own_socket_pair_is_allowed() -> None:
    for each in socket.socketpair():
        each.close()
