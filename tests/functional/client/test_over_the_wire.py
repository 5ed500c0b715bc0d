"""The client over real sockets: servers that never answer, break off a response, or do not exist."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from imagejobs.client.answers import Answer
from imagejobs.client.api_client import ApiClient
from imagejobs.client.errors import ApiUnavailable
from imagejobs.embedded.services.ports import free_port

JOB_ID = "655501d2f12a3d0f3c5a1002"


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """A server that calls `serve` with each connection. Yields its address and a list with one entry a connection."""
    connections: list[int] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(1)
            with connection:
                connection.recv(65536)
                serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def call(url: str, **options: Any) -> Answer:
    with httpx2.HTTPTransport() as transport:
        client = ApiClient(url, transport=transport, sleep=lambda _: None, **options)
        return client.call("getImageJob", path={"id": JOB_ID})


def test_a_server_that_never_answers_is_given_up_in_time() -> None:
    given_up = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        given_up.wait(5)

    with server(say_nothing) as (url, _):
        with pytest.raises(ApiUnavailable, match="ReadTimeout"):
            call(url, read_seconds=0.05, max_tries=1)
        given_up.set()


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"]
)
def test_a_cut_off_answer_is_asked_again_and_then_given_up(sent: bytes) -> None:
    with server(lambda connection: connection.sendall(sent)) as (url, connections):
        with pytest.raises(ApiUnavailable, match="RemoteProtocolError"):
            call(url, max_tries=3)
        assert len(connections) == 3


def test_a_closed_port_is_given_up() -> None:
    with pytest.raises(ApiUnavailable, match="refused"):
        call(f"http://127.0.0.1:{free_port()}", max_tries=2)
