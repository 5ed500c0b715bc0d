"""A server on this machine that answers whatever a test wants, and the answers that the contract documents."""

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
"""For a client that waits for an answer which does not come."""
PATIENT_SECONDS = 10.0
"""For one whose answer comes: on a busy machine it may take its time."""
DROP_SECONDS = SECONDS / 4
"""Between pieces of an answer that trickles in: none of them is late."""
DROPS = 200
"""Ten seconds of them: more than any client here may wait, and an end for a test that fails."""

DOCUMENT = load_contract().document
SPECS: Mapping[str, Spec] = {spec.id: spec for spec in specs(DOCUMENT)}
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)

repeatable = settings(max_examples=EXAMPLES, derandomize=True, database=None, deadline=None)
"""For generated messages: the same ones in every run."""
briefly = settings(repeatable, max_examples=max(1, EXAMPLES // 3))
"""For generated answers: most of the hundred documented ones share one schema."""


@dataclass(frozen=True)
class Reply:
    """An answer, byte for byte. Without `is_whole` the line stays open, and `drop` may come again and again."""

    wire: bytes
    is_whole: bool = True
    drop: bytes = b""

    @property
    def comes_late(self) -> bool:
        """Whether the client has to give up."""
        return not self.is_whole or bool(self.drop)


def reply(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with its length said."""
    said = {"Content-Length": str(len(body)), **(headers or {})}
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in said.items()
    )
    return Reply(head.encode("latin-1") + b"\r\n" + body)


def json_reply(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return reply(status, json.dumps(body).encode(), {"Content-Type": JSON, **(headers or {})})


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass
class Stub:
    """What the server answers with now, and what it was asked since `answering`."""

    port: int = 0
    answer: Callable[[Asked], Reply] = lambda _: reply(404)
    asked: list[Asked] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    comes_late: bool = False
    closing: threading.Event = field(default_factory=threading.Event)

    def answering(self, answer: Reply | Callable[[Asked], Reply], *, comes_late: bool = False) -> None:
        """From now on; what was asked before is forgotten. Of a function it must be said whether answers come late."""
        self.answer = (lambda _: answer) if isinstance(answer, Reply) else answer
        self.comes_late = answer.comes_late if isinstance(answer, Reply) else comes_late
        self.asked.clear()
        self.waits.clear()

    @property
    def client(self) -> ApiClient:
        """One that waits for nothing between its tries, only notes how long it should have."""
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
        """End the clients' connections."""
        for client in (self._hurried, self._patient):
            client._http.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    stub: Stub

    def handle_one_request(self) -> None:
        try:
            self.raw_requestline = self.rfile.readline(65537)
        except OSError:  # the client went away
            self.raw_requestline = b""
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        self.stub.asked.append(asked)
        answer = self.stub.answer(asked)
        with suppress(OSError):  # the client may have heard enough
            self.wfile.write(answer.wire)
            for _ in range(DROPS if answer.drop else 0):
                self.wfile.write(answer.drop)
                self.stub.closing.wait(DROP_SECONDS)
        if not answer.is_whole:
            self.stub.closing.wait()
        self.close_connection |= not answer.is_whole or _ends_connection(answer)

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _ends_connection(answer: Reply) -> bool:
    """Whether the client cannot know where the answer ends, or it ends too early."""
    head, _, body = answer.wire.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return b"connection: close" in head.lower() or not lengths or int(lengths[0].split(b":")[1]) != len(body)


@contextmanager
def stub_server() -> Iterator[Stub]:
    """A stub on a free port; gone with the block."""
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
    """What the contract says of one answer of an operation."""

    operation: str
    status: int

    @property
    def written(self) -> Mapping[str, Any]:
        """The response as the document has it."""
        found: Mapping[str, Any] = resolved(DOCUMENT, SPECS[self.operation].written["responses"][str(self.status)])
        return found

    @property
    def media(self) -> Mapping[str, Any]:
        """Its schema and examples as JSON; nothing for an answer of another kind."""
        found: Mapping[str, Any] = self.written.get("content", {}).get(JSON, {})
        return found

    def examples(self) -> list[Any]:
        """Every body that the contract shows."""
        return [resolved(DOCUMENT, each)["value"] for each in self.media.get("examples", {}).values()]

    def bodies(self) -> st.SearchStrategy[Any]:
        """The contract's examples, and bodies made from its schema."""
        return st.sampled_from(self.examples()) | generated(_key(self.media["schema"]))

    def headers(self) -> st.SearchStrategy[dict[str, str]]:
        """A value of each documented header."""
        written = {name: resolved(DOCUMENT, each) for name, each in self.written.get("headers", {}).items()}
        return st.fixed_dictionaries({name: _header_values(each["schema"]) for name, each in written.items()})


def documented() -> list[Documented]:
    """Each (operation, status) that is answered in JSON."""
    pairs = [Documented(each.id, status) for each in load_contract().operations.values() for status in each.responses]
    return [each for each in pairs if each.media]


def generated_from(schema: Mapping[str, Any], *, valid: bool = True) -> st.SearchStrategy[Any]:
    """Data that keep to the schema, or that do not; bytes are what is no JSON at all."""
    return generated(_key(schema), valid=valid)


@cache
def generated(schema: str, *, valid: bool = True) -> st.SearchStrategy[Any]:
    """The same for a schema as text: schemathesis makes data for bodies of requests, so it becomes one."""
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
