import socket
from collections.abc import Iterator

import pytest
from imagejobs.embedded.ports import free_port


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


def test_it_lies_below_the_ports_of_outgoing_connections() -> None:
    assert 20_000 <= free_port() < 32_768


def test_the_preferred_port_is_taken_when_it_is_free() -> None:
    preferred = free_port()
    assert free_port(preferred) == preferred


def test_another_port_is_taken_when_the_preferred_one_is_in_use(occupied: int) -> None:
    assert free_port(occupied) != occupied


def test_a_port_in_use_on_all_addresses_is_in_use() -> None:
    with socket.socket() as server:
        server.bind(("", 0))
        server.listen()
        assert free_port(server.getsockname()[1]) != server.getsockname()[1]


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
    assert free_port(port) == port
