"""Requests refused before the end of their bodies: the client can read the response, even if it keeps sending."""

import http.client
import json
import socket
import subprocess
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from functional.api.raw_http import (
    MULTIPART,
    SECONDS,
    connected,
    head,
    is_ended,
    is_held_by_server,
    read_answer,
    seconds_until_gone,
)
from imagejobs.api.connections import transport
from servers.api_server import served
from servers.processes import program, wait_until
from worlds.memory_api import CLIENT_TOKENS, memory_api, with_tokens

JOBS = "/api/image-jobs"
TOKEN = f"Bearer {CLIENT_TOKENS[0]}"
BODY_BYTES = 40_000_000
"""More than the buffers between two sockets of this machine can hold."""
NODE_BYTES = 150_000_000


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The address of an API that requires tokens."""
    with served(with_tokens().app) as address:
        yield address


@pytest.fixture(scope="module")
def unguarded() -> Iterator[str]:
    """The address of an API without tokens."""
    with served(memory_api().app) as address:
        yield address


REFUSALS = [
    (f"POST {JOBS}", {"Content_Type": MULTIPART}, 401, "unauthorized"),
    (f"POST {JOBS}", {"Content_Type": MULTIPART, "Authorization": TOKEN}, 413, "too_large"),
    (f"POST {JOBS}", {"Content_Type": "image/png", "Authorization": TOKEN}, 415, "unsupported_media_type"),
    (f"POST {JOBS}", {"Content_Type": "multipart/form-data", "Authorization": TOKEN}, 400, "invalid_request"),
    ("POST /nothing/here", {"Content_Type": MULTIPART}, 404, "not_found"),
    (f"DELETE {JOBS}", {"Content_Type": MULTIPART}, 405, "method_not_allowed"),
    (f"GET {JOBS}?limit=none", {"Authorization": TOKEN}, 400, "invalid_request"),
]
IDS = [f"{status} {line}" for line, _, status, _ in REFUSALS]


@pytest.mark.parametrize(("line", "headers", "status", "code"), REFUSALS, ids=IDS)
def test_a_client_that_sends_everything_first_reads_the_answer(
    guarded: str, line: str, headers: dict[str, str], status: int, code: str
) -> None:
    with connected(guarded) as client:
        client.sendall(head(line, Content_Length=BODY_BYTES, **headers))
        for _ in range(BODY_BYTES // 1_000_000):
            client.sendall(b"x" * 1_000_000)
        answer = read_answer(client)
        assert (answer.status, answer.code, answer.headers["connection"]) == (status, code, "close")
        assert is_ended(client)


def test_the_same_where_the_length_is_not_known(guarded: str) -> None:
    with connected(guarded) as client:
        client.sendall(head(f"POST {JOBS}", Transfer_Encoding="chunked", Content_Type=MULTIPART))
        piece = b"%x\r\n%s\r\n" % (1_000_000, b"x" * 1_000_000)
        for _ in range(BODY_BYTES // 1_000_000):
            client.sendall(piece)
        client.sendall(b"0\r\n\r\n")
        answer = read_answer(client)
        assert (answer.status, answer.code) == (401, "unauthorized")
        assert is_ended(client)


def test_the_same_where_another_site_is_refused(unguarded: str) -> None:
    with connected(unguarded) as client:
        client.sendall(head(f"POST {JOBS}", Host="evil.example", Content_Length=BODY_BYTES, Content_Type=MULTIPART))
        client.sendall(b"x" * BODY_BYTES)
        assert read_answer(client).code == "foreign_origin"


def test_the_same_in_the_midst_of_a_body_that_is_not_http(unguarded: str) -> None:
    with connected(unguarded) as client:
        client.sendall(head(f"POST {JOBS}", Transfer_Encoding="chunked", Content_Type=MULTIPART) + b"no length\r\n")
        client.sendall(b"x" * BODY_BYTES)
        answer = read_answer(client)
        assert (answer.status, answer.code) == (400, "invalid_request")


def test_what_is_not_http_is_logged_once_not_for_each_request(unguarded: str, caplog: pytest.LogCaptureFixture) -> None:
    """Anyone can send nonsense a thousand times a second, and uvicorn would log a line for each request."""
    for _ in range(20):
        with connected(unguarded) as client:
            client.sendall(b"\x16\x03\x01 a TLS handshake\r\n\r\n")
            assert read_answer(client).status == 400
    about_it = [each.getMessage() for each in caplog.records if "HTTP" in each.getMessage()]
    assert len(about_it) <= 1, about_it


def test_the_answer_comes_before_the_body(guarded: str) -> None:
    with connected(guarded) as client:
        client.sendall(head(f"POST {JOBS}", Content_Length=BODY_BYTES, Content_Type=MULTIPART) + b"x")
        assert read_answer(client).status == 401


def test_a_client_that_asks_first_is_not_told_to_continue(guarded: str) -> None:
    with connected(guarded) as client:
        client.sendall(head(f"POST {JOBS}", Content_Length=10, Content_Type=MULTIPART, Expect="100-continue"))
        answer = read_answer(client)
        assert (answer.status, answer.headers["connection"]) == (401, "close")
        assert is_ended(client)


def test_after_a_small_body_the_connection_goes_on(guarded: str) -> None:
    with connected(guarded) as client:
        for _ in range(3):
            client.sendall(head(f"POST {JOBS}", Content_Length=5, Content_Type=MULTIPART))
            answer = read_answer(client)
            assert (answer.status, "connection" in answer.headers) == (401, False)
            client.sendall(b"12345")
        client.sendall(head("GET /healthz"))
        assert read_answer(client).status == 200


def test_what_is_discarded_is_not_kept(guarded: str) -> None:
    with connected(guarded) as client:
        client.sendall(head(f"POST {JOBS}", Content_Length=BODY_BYTES, Content_Type=MULTIPART))
        piece = b"x" * 1_000_000
        tracemalloc.start()
        try:
            for _ in range(BODY_BYTES // len(piece)):
                client.sendall(piece)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert read_answer(client).status == 401
    assert peak < 5_000_000


def test_no_more_than_a_bound_is_discarded() -> None:
    with (
        served(with_tokens().app, max_request_bytes=1_000_000) as address,
        connected(address) as client,
    ):
        client.sendall(head(f"POST {JOBS}", Content_Length=10**12, Content_Type=MULTIPART))
        assert read_answer(client).status == 401
        assert seconds_until_gone(client) < 10


@pytest.mark.parametrize("piece", [b"", b"x"], ids=["a client that stops sending", "a client that sends bytes forever"])
def test_nobody_is_waited_for_without_end(guarded: str, piece: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LINGER_SECONDS", 1)
    monkeypatch.setattr(transport, "SILENT_SECONDS", 1)
    with connected(guarded) as client:
        client.sendall(head(f"POST {JOBS}", Content_Length=BODY_BYTES, Content_Type=MULTIPART))
        assert read_answer(client).status == 401
        assert is_ended(client)
        wait_until(lambda: sent_on_in_vain(client, piece), SECONDS)


def sent_on_in_vain(client: socket.socket, piece: bytes) -> bool:
    """Send the piece; whether the server has already closed its end of the connection."""
    with suppress(OSError):
        client.sendall(piece)
    return not is_held_by_server(client)


def test_pythons_own_client_reads_the_answer(guarded: str) -> None:
    place = urlsplit(guarded)
    with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)) as connection:
        connection.request("POST", JOBS, b"x" * NODE_BYTES, {"Content-Type": MULTIPART, "Authorization": TOKEN})
        assert connection.getresponse().status == 413


def test_httpx_reads_the_answer(guarded: str) -> None:
    headers = {"Content-Type": MULTIPART, "Authorization": TOKEN}
    with httpx2.Client(base_url=guarded, timeout=30) as client:
        assert client.post(JOBS, content=b"x" * NODE_BYTES, headers=headers).status_code == 413
        assert client.get("/healthz").status_code == 200


NODE = """
const http = require('node:http');
const [address, client, token] = process.argv.slice(2);
const body = Buffer.alloc(Number(process.argv[5]));
const headers = { 'Content-Type': 'multipart/form-data; boundary=x', Authorization: token };
const done = (status, text) => console.log(JSON.stringify({ status, code: JSON.parse(text).error.code }));
const failed = (error) => console.log(JSON.stringify({ failed: String(error.cause ?? error) }));
if (client === 'fetch') {
  fetch(address, { method: 'POST', headers, body }).then(async (r) => done(r.status, await r.text())).catch(failed);
} else {
  const request = http.request(address, { method: 'POST', headers }, (response) => {
    let text = '';
    response.on('data', (part) => (text += part)).on('end', () => { done(response.statusCode, text); process.exit(); });
  }).on('error', failed);
  request.end(body);
}
"""


@pytest.mark.parametrize("client", ["fetch", "http"])
@pytest.mark.parametrize("token", [TOKEN, "none"], ids=["413", "401"])
def test_node_reads_the_answer(guarded: str, client: str, token: str, tmp_path: Path) -> None:
    script = tmp_path / "client.js"
    script.write_text(NODE)
    arguments = [program("node"), str(script), guarded + JOBS, client, token, str(NODE_BYTES)]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=True)
    expected = {"status": 413, "code": "too_large"} if token == TOKEN else {"status": 401, "code": "unauthorized"}
    assert json.loads(done.stdout) == expected, done.stderr
