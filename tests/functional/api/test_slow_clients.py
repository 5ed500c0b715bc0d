"""Clients that are slow to send headers, to send a body, or to read the response."""

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from functional.api.raw_http import MULTIPART, SECONDS, connected, head, is_ended, is_held_by_server, read_answer
from servers.api_server import served
from servers.processes import wait_until
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from worlds.api_requests import image_bytes
from worlds.memory_api import memory_api

JOBS = "/api/image-jobs"
QUICK: dict[str, Any] = {
    "header_seconds": 1,
    "stall_seconds": 1,
    "min_bytes_per_second": 1000,
}
FIELDS = "".join(
    f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
    for name, value in (("entityType", "report"), ("entityId", "e1"))
).encode()
FORM = FIELDS + (
    b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + image_bytes() + b"\r\n--x--\r\n"
)
ANSWER_BYTES = 30_000_000


@pytest.fixture(scope="module")
def impatient() -> Iterator[str]:
    """The address of an API that waits at most one second for a client."""
    with served(memory_api(**QUICK).app, **QUICK) as address:
        yield address


@pytest.mark.parametrize("before", [0, 2], ids=["of the first request", "of a later one"])
@pytest.mark.parametrize("begun", [b"G", b"GET /healthz HTTP/1.1\r\nHost: 127.0"], ids=["one byte", "half a header"])
def test_headers_that_do_not_end_are_408(impatient: str, before: int, begun: bytes) -> None:
    with connected(impatient) as client:
        for _ in range(before):
            client.sendall(head("GET /healthz"))
            assert read_answer(client).status == 200
        client.sendall(begun)
        answer = read_answer(client)
        assert (answer.status, answer.code, answer.headers["connection"]) == (408, "request_timeout", "close")
        assert is_ended(client)


def test_headers_that_come_by_the_byte_are_408(impatient: str) -> None:
    with connected(impatient) as client:
        pieces = iter(head("GET /healthz", Padding="x" * 1_000))
        wait_until(lambda: is_answered_after(client, bytes([next(pieces)])), SECONDS)
        assert read_answer(client).code == "request_timeout"


def test_a_connection_without_a_request_is_closed_without_a_word() -> None:
    with served(memory_api().app, keep_alive_seconds=1) as address, connected(address) as client:
        assert is_ended(client)


@pytest.mark.parametrize("quickly", [0, 5_000], ids=["from the beginning", "after a quick beginning"])
@pytest.mark.parametrize("length", [{"Content_Length": 10_000}, {"Transfer_Encoding": "chunked"}])
def test_a_body_that_stops_is_408(impatient: str, quickly: int, length: dict[str, Any]) -> None:
    with connected(impatient) as client:
        begun = FIELDS + b"x" * quickly
        chunk = b"%x\r\n%s\r\n" % (len(begun), begun) if "Transfer_Encoding" in length else begun
        client.sendall(head(f"POST {JOBS}", Content_Type=MULTIPART, **length) + chunk)
        answer = read_answer(client)
        assert (answer.status, answer.code, answer.headers["connection"]) == (408, "request_timeout", "close")
        assert is_ended(client)


def test_a_json_body_that_comes_by_the_byte_is_408(impatient: str) -> None:
    with connected(impatient) as client:
        headers = {"Content_Type": "application/json", "Content_Length": 1_000}
        client.sendall(head("PATCH /api/image-jobs/0123456789abcdef01234567/status", **headers))
        wait_until(lambda: is_answered_after(client, b" "), SECONDS)
        assert read_answer(client).code == "request_timeout"


def is_answered_after(client: socket.socket, piece: bytes) -> bool:
    """Send the piece; whether the server has answered."""
    client.sendall(piece)
    client.settimeout(0.05)
    try:
        return bool(client.recv(1, socket.MSG_PEEK))
    except TimeoutError:
        return False
    finally:
        client.settimeout(SECONDS)


def test_a_slow_upload_that_keeps_the_pace_is_taken() -> None:
    limits: dict[str, Any] = {"stall_seconds": 2, "min_bytes_per_second": 10}
    with served(memory_api(**limits).app, **limits) as address, connected(address) as client:
        client.sendall(head(f"POST {JOBS}", Content_Type=MULTIPART, Content_Length=len(FORM)))
        pieces = [FORM[at : at + 20] for at in range(0, len(FORM), 20)]
        began = time.monotonic()
        for number, piece in enumerate(pieces, 1):
            client.sendall(piece)
            time.sleep(max(0.0, began + 2.5 * number / len(pieces) - time.monotonic()))
        assert read_answer(client).status == 201


def test_an_upload_that_keeps_the_pace_for_ever_is_408() -> None:
    limits: dict[str, Any] = {"upload_seconds": 1}
    with served(memory_api(**limits).app, **limits) as address, connected(address) as client:
        client.sendall(head(f"POST {JOBS}", Content_Type=MULTIPART, Content_Length=10_000_000) + FIELDS)
        wait_until(lambda: is_answered_after(client, b"x"), SECONDS)
        answer = read_answer(client)
        assert (answer.status, answer.code) == (408, "request_timeout")


async def one_large_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(b"x" * ANSWER_BYTES)(scope, receive, send)


async def a_long_download(scope: Scope, receive: Receive, send: Send) -> None:
    async def pieces() -> Any:
        for _ in range(ANSWER_BYTES // 50_000):
            yield b"x" * 50_000

    await StreamingResponse(pieces(), headers={"Content-Length": str(ANSWER_BYTES)})(scope, receive, send)


@pytest.mark.parametrize("app", [one_large_answer, a_long_download])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["keep-alive", "close"])
def test_who_does_not_read_the_answer_is_cut_off(app: Any, headers: dict[str, str]) -> None:
    with served(app, **QUICK) as address, connected(address) as client:
        client.sendall(head("GET /", **headers))
        assert client.recv(1)
        wait_until(lambda: not is_held_by_server(client), SECONDS)


@pytest.mark.parametrize("app", [one_large_answer, a_long_download])
@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}], ids=["keep-alive", "close"])
def test_who_reads_it_slowly_gets_all_of_it(app: Any, headers: dict[str, str]) -> None:
    with served(app, **QUICK) as address, connected(address) as client:
        client.sendall(head("GET /", **headers))
        received, began = 0, time.monotonic()
        while received < ANSWER_BYTES:
            received += len(client.recv(1_000_000))
            time.sleep(max(0.0, began + 1.5 * received / ANSWER_BYTES - time.monotonic()))
    assert received >= ANSWER_BYTES


def test_many_slow_clients_are_two_lines_in_the_log(impatient: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), ExitStack() as stack:
        clients = [stack.enter_context(connected(impatient)) for _ in range(20)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\n")
        assert {read_answer(client).status for client in clients} == {408}
    assert len([each for each in caplog.records if "too slow" in each.message]) <= 1, caplog.text
