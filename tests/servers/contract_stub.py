"""An HTTP server whose responses a test chooses, and strategies for the responses that the contract documents."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import schemathesis
from contract.document import Spec, resolved, specs
from contract.schema import EXAMPLES
from hypothesis import settings
from hypothesis import strategies as st
from imagejobs.client.api_client import ApiClient
from imagejobs.contract.openapi import load_contract
from imagejobs.contract.operations import JSON
from schemathesis import GenerationMode

HOST = "127.0.0.1"
TRIES = 2
SECONDS = 0.2
"""Read timeout of a client that waits for a response that never comes."""
PATIENT_SECONDS = 10.0
"""Read timeout of a client whose response does come: a busy machine may be slow."""
DROP_SECONDS = SECONDS / 4
"""Pause between the pieces of a response that trickles in: shorter than the read timeout, so that no piece is late."""
DROPS = 200
"""Pieces of a response that trickles in. They last 10 s: longer than a client here waits, yet a failing test ends."""

DOCUMENT = load_contract().document
SPECS: Mapping[str, Spec] = {spec.id: spec for spec in specs(DOCUMENT)}
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

repeatable = settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
"""Settings for generated messages: every run generates the same ones."""
briefly = settings(repeatable, max_examples=max(1, EXAMPLES // 3))
"""Settings with fewer examples, for generated responses: most of the hundred documented ones share one schema."""


@dataclass(frozen=True)
class Reply:
    """The bytes of a response; then `drop`, repeatedly. If not `is_whole`, the connection stays open at the end."""

    wire: bytes
    is_whole: bool = True
    drop: bytes = b""

    @property
    def comes_late(self) -> bool:
        """Whether a client must give up waiting for the rest of the response."""
        return not self.is_whole or bool(self.drop)


def reply(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """A response with a Content-Length."""
    said = {"Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in said.items()
    )
    return Reply(head.encode("latin-1") + b"\r\n" + body)


def json_reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """A response with a JSON body."""
    return reply(status, json.dumps(body).encode(), {"Content-Type": JSON, **(headers or {})})


@dataclass(frozen=True)
class Asked:
    """A request that the stub received."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The request's body, parsed as JSON."""
        return json.loads(self.body)


@dataclass
class Stub:
    """The server's current answer, and the requests that it has received since the last call of `answering`."""

    port: int = 0
    answer: Callable[[Asked], Reply] = lambda _: reply(404)
    asked: list[Asked] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    comes_late: bool = False
    closing: threading.Event = field(default_factory=threading.Event)

    def answering(self, answer: Reply | Callable[[Asked], Reply], *, comes_late: bool = False) -> None:
        """Use this answer from now on, and forget earlier requests.

        If the answer is a function, `comes_late` must say whether the client will have to give up waiting.
        """
        self.answer = (lambda _: answer) if isinstance(answer, Reply) else answer
        self.comes_late = answer.comes_late if isinstance(answer, Reply) else comes_late
        self.asked.clear()
        self.waits.clear()

    @property
    def client(self) -> ApiClient:
        """A client that does not sleep between its tries, but appends each pause to `waits`."""
        return self._hurried if self.comes_late else self._patient

    @cached_property
    def _hurried(self) -> ApiClient:
        return self._client(SECONDS)

    @cached_property
    def _patient(self) -> ApiClient:
        return self._client(PATIENT_SECONDS)

    def _client(self, read_seconds: float) -> ApiClient:
        address = f"http://{HOST}:{self.port}"
        return ApiClient(address, max_tries=TRIES, read_seconds=read_seconds, sleep=self.waits.append)

    def close(self) -> None:
        """Close the clients' connections."""
        for client in (self._hurried, self._patient):
            client._http.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stub: Stub

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
        except OSError:  # the client has disconnected
            self.raw_requestline = b""
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.stub.asked.append(asked)
        answer = self.stub.answer(asked)
        with suppress(OSError):  # the client may have given up
            self.wfile.write(answer.wire)
            for _ in range(DROPS if answer.drop else 0):
                self.wfile.write(answer.drop)
                self.stub.closing.wait(DROP_SECONDS)
        if not answer.is_whole:
            self.stub.closing.wait()
        self.close_connection |= not answer.is_whole or _ends_connection(answer)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def _ends_connection(answer: Reply) -> bool:
    """Whether the connection must close after the response: its length is not given, or not that of the body."""
    head, _, body = answer.wire.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return b"connection: close" in head.lower() or not lengths or int(lengths[0].split(b":")[1]) != len(body)


@contextmanager
def stub_server() -> Iterator[Stub]:
    """A running stub on a free port."""
    stub = Stub()
    server = ThreadingHTTPServer((HOST, 0), type("Handler", (_Handler,), {"stub": stub}))
    stub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, name="stub")
    thread.start()
    try:
        yield stub
    finally:
        stub.close()
        stub.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Documented:
    """One response of an operation, as the contract documents it."""

    operation: str
    status: int

    @property
    def written(self) -> Mapping[str, Any]:
        """The response object of the OpenAPI document."""
        found: Mapping[str, Any] = resolved(DOCUMENT, SPECS[self.operation].written["responses"][str(self.status)])
        return found

    @property
    def media(self) -> Mapping[str, Any]:
        """The media type object for JSON, with schema and examples; empty if the response is not JSON."""
        found: Mapping[str, Any] = self.written.get("content", {}).get(JSON, {})
        return found

    def examples(self) -> list[Any]:
        """The bodies of the contract's examples."""
        return [resolved(DOCUMENT, each)["value"] for each in self.media.get("examples", {}).values()]

    def bodies(self) -> st.SearchStrategy[Any]:
        """A strategy for the contract's examples and for bodies generated from its schema."""
        return st.sampled_from(self.examples()) | generated(_key(self.media["schema"]))

    def headers(self) -> st.SearchStrategy[dict[str, str]]:
        """A strategy for a dictionary with a value for each documented header."""
        written = {name: resolved(DOCUMENT, each) for name, each in self.written.get("headers", {}).items()}
        return st.fixed_dictionaries({name: _header_values(each["schema"]) for name, each in written.items()})


def documented() -> list[Documented]:
    """Every documented response that has a JSON body."""
    pairs = [Documented(each.id, status) for each in load_contract().operations.values() for status in each.responses]
    return [each for each in pairs if each.media]


def generated_from(schema: Mapping[str, Any], *, valid: bool = True) -> st.SearchStrategy[Any]:
    """A strategy for data that match the schema, or that do not; bytes stand for a body that is not JSON."""
    return generated(_key(schema), valid=valid)


@cache
def generated(schema: str, *, valid: bool = True) -> st.SearchStrategy[Any]:
    """`generated_from` for a schema as JSON text, for the cache.

    schemathesis generates only requests, so the schema becomes that of a request's body.
    """
    body = {"required": True, "content": {JSON: {"schema": json.loads(schema)}}}
    document = {
        "openapi": DOCUMENT["openapi"],
        "info": {"title": "Data of a schema", "version": "1"},
        "components": {"schemas": DOCUMENT["components"]["schemas"]},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": "Taken."}}}}},
    }
    mode = GenerationMode.POSITIVE if valid else GenerationMode.NEGATIVE
    operation = schemathesis.openapi.from_dict(document)["/"]["POST"]
    return operation.as_strategy(generation_mode=mode).map(lambda case: case.body)


def _key(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, sort_keys=True)


def _header_values(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    if schema["type"] == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum")).map(str)
    texts = st.from_regex(schema["pattern"], fullmatch=True, alphabet=PRINTABLE)
    return texts.filter(lambda text: text == text.strip())
