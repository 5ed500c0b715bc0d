import socket
from collections.abc import Iterator

import pytest
from imagejobs.embedded.services.ports import free_port, why_not_free


@pytest.fixture
def occupied() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_free_port_can_be_listened_on() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
        server.listen()


def test_a_free_port_is_below_the_ports_of_outgoing_connections() -> None:
    assert 20_000 <= free_port() < 32_768


def test_a_port_in_use_is_not_free(occupied: int) -> None:
    assert why_not_free(occupied) == "Address already in use"
    assert not why_not_free(free_port())


def test_a_port_in_use_on_all_addresses_is_in_use() -> None:
    with socket.socket() as server:
        server.bind(("", 0))
        server.listen()
        assert why_not_free(server.getsockname()[1])


def test_a_port_whose_old_connections_linger_is_free() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # the side that closes first keeps the connection in TIME_WAIT
            assert client.recv(1) == b""
    assert not why_not_free(port)
