import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from imagejobs.embedded.services.ports import free_port
from imagejobs.embedded.services.probes import HEARTBEATS, http_answers, mongodb_answers, redis_answers, worker_consumes


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """The port of a server that gives its only caller this reply."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(5)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(b"+PONG\r\n", True), (b"-LOADING Redis is loading the dataset in memory\r\n", False), (b"", False)],
)
def test_redis_is_ready_when_it_answers_pong(reply: bytes, expected: bool) -> None:
    with answering(reply) as port:
        assert redis_answers(port) is expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [(b":2\r\n", True), (b":0\r\n", False), (b"-WRONGTYPE no set\r\n", False), (b"", False)],
)
def test_a_worker_consumes_when_it_has_a_fresh_heartbeat(reply: bytes, expected: bool) -> None:
    with answering(reply) as port:
        assert worker_consumes(port, 0) is expected


@pytest.mark.parametrize("reply", [b"", b"short", b"HTTP/1.1 400 Bad Request\r\n\r\n" + bytes(40)])
def test_a_program_that_does_not_speak_mongodb_is_not_ready(reply: bytes) -> None:
    with answering(reply) as port:
        assert mongodb_answers(port) is False


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", True),
        (b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n", False),
        (b"no HTTP\r\n\r\n", False),
        (b"", False),
    ],
)
def test_an_http_server_is_ready_when_it_answers_200(reply: bytes, expected: bool) -> None:
    with answering(reply) as port:
        assert http_answers(port, "/readyz") is expected


@pytest.mark.parametrize(
    "probe",
    [redis_answers, mongodb_answers, lambda port: http_answers(port, "/"), lambda port: worker_consumes(port, 0)],
)
def test_without_a_server_a_probe_is_not_ready(probe: Callable[[int], bool]) -> None:
    assert probe(free_port()) is False


@pytest.mark.parametrize("probe", [redis_answers, mongodb_answers, lambda port: http_answers(port, "/")])
def test_a_server_that_never_answers_is_given_up_within_a_second(probe: Callable[[int], bool]) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        begun = time.monotonic()
        assert probe(server.getsockname()[1]) is False
    assert time.monotonic() - begun < 1


def test_heartbeats_are_looked_for_in_the_namespace_of_the_workers_broker() -> None:
    from imagejobs.dispatch.broker import NAMESPACE

    assert f"{NAMESPACE}:__heartbeats__" == HEARTBEATS
