"""Records an API's responses during tests and compares them with its contract: gaps, and undocumented responses."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from threading import Lock
from typing import Any, TypedDict

from contract.document import specs
from contract.observed_fields import documented_fields, fields
from imagejobs.contract.openapi import DEFAULT, Contract
from imagejobs.contract.operations import FIRST_ERROR, JSON, Operation
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OUTSIDE = ("/docs/assets/", "/media/")
"""Paths of files that the API serves although they are not in the contract."""

INTERRUPTED = "interrupted"
"""The only error code of status 500 that is not a fault."""

MEANT = "fault_is_meant"
"""Set in the scope of a request whose test makes the API fail. Only its response is compared with `default`.

Every other response of this API must be documented by its status: `default` is for later versions and other servers.
"""

NO_SUCH_PATH = frozenset({404, 403, 307})
"""403: a server without tokens refuses foreign pages before it looks at the path. 307: the path without its last slash
exists.
"""

NO_SUCH_METHOD = frozenset({405, 403})
EXCERPT = 400


class Part(TypedDict):
    """The observations of one process, in types that can be sent to another process."""

    answers: list[tuple[str, str, int]]
    """(operation, status, count)."""
    missing_fields: list[str]
    problems: list[str]


class Observations:
    """Counts every observed operation, status and field. Thread-safe, since a server may answer in another thread.

    `asker` is the name of the running test; nothing is recorded while it is None.
    """

    def __init__(self, contract: Contract) -> None:
        self._document = contract.document
        self._paths = _paths(contract)
        self._lock = Lock()
        self.asker: str | None = None
        self.answers: Counter[tuple[str, str]] = Counter()
        self.documented = {
            (spec.id, status) for spec in specs(contract.document) for status in spec.written["responses"]
        }
        self.documented_fields = documented_fields(contract.document)
        self.missing_fields = set(self.documented_fields)
        self.problems: list[str] = []

    def record(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, *, is_meant: bool = False
    ) -> None:
        """Record one response. Header names are in lower case; `is_meant` if the test made the API fail."""
        if self.asker is None:
            return
        with self._lock:
            problems = list(self._judge(method, path, status, headers, body, is_meant=is_meant))
            shown = f"{method} {path} answered {status} {body[:EXCERPT].decode(errors='replace')}"
            self.problems += [f"{each}\n  {shown}\n  in {self.asker}" for each in problems]

    def part(self) -> Part:
        """The observations of this process, for the main process."""
        answers = [(operation, status, count) for (operation, status), count in self.answers.items()]
        return {"answers": answers, "missing_fields": sorted(self.missing_fields), "problems": self.problems}

    def add(self, part: Part) -> None:
        """Add the observations of another process with the same contract."""
        self.answers.update({(operation, status): count for operation, status, count in part["answers"]})
        self.missing_fields &= set(part["missing_fields"])
        self.problems += part["problems"]

    def gaps(self) -> list[str]:
        """The names of the documented responses and fields that were not observed."""
        never = [f"{operation} {status}" for operation, status in sorted(self.documented - self.answers.keys())]
        return [*never, *sorted(self.missing_fields)]

    def summary(self) -> str:
        """The figures, in one line."""
        seen = len(self.documented & self.answers.keys())
        fields_seen = len(self.documented_fields) - len(self.missing_fields)
        return (
            f"contract: {seen} of {len(self.documented)} documented answers and {fields_seen} of "
            f"{len(self.documented_fields)} fields observed, in {self.answers.total()} answers"
        )

    def _judge(
        self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes, *, is_meant: bool
    ) -> Iterator[str]:
        methods = next((each for pattern, each in self._paths if pattern.fullmatch(path)), None)
        operation = (methods or {}).get("GET" if method == "HEAD" else method)
        if methods is None:
            if status not in NO_SUCH_PATH and not path.startswith(OUTSIDE):
                yield f"a path that the contract does not have answers {status}"
        elif operation is None:
            if status not in NO_SUCH_METHOD:
                yield f"a method that the contract does not have answers {status}"
        else:
            documented = DEFAULT if is_meant else str(status)
            if method != "HEAD":
                self.answers[operation.id, documented] += 1
            yield from self._broken(operation, status, headers, body, documented)

    def _broken(
        self, operation: Operation, status: int, headers: Mapping[str, str], body: bytes, documented: str
    ) -> Iterator[str]:
        content_type = headers.get("content-type", "")
        value: Any = body.decode(errors="replace")
        if content_type.partition(";")[0].strip() == JSON:
            try:
                value = json.loads(body)
            except ValueError as error:
                yield f"{operation.id} {status}: not JSON: {error}"
                return
        for each in operation.response_violations(status, content_type, headers, value):
            yield f"{operation.id} {status}: {each.field}: {each.message}"
        if documented != DEFAULT and status >= FIRST_ERROR and status not in operation.responses:
            yield f"{operation.id} {status}: {operation.id} documents {status} as `default` only"
        elif documented == "500" and not _is_interruption(value):
            yield f"{operation.id} 500: only `{INTERRUPTED}` is documented, all else is a fault"
        if self.missing_fields and (operation.id, documented) in self.documented:
            self.missing_fields -= set(fields(self._document, operation.id, documented, value))


def _is_interruption(answer: Any) -> bool:
    error = answer.get("error") if isinstance(answer, dict) else None
    return isinstance(error, dict) and error.get("code") == INTERRUPTED


def meant(app: ASGIApp) -> ASGIApp:
    """Wrap a Recorder, and mark the faults of all requests as intended."""

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, MEANT: True}, receive, send)

    return call


class Recorder:
    """ASGI middleware that records every response before its last byte is sent."""

    def __init__(self, app: ASGIApp, observations: Observations) -> None:
        self._app = app
        self._observations = observations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started: dict[str, Any] = {}
        body = bytearray()

        async def write_down(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    headers = {
                        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in started["headers"]
                    }
                    self._observations.record(
                        scope["method"],
                        scope["path"],
                        started["status"],
                        headers,
                        bytes(body),
                        is_meant=scope.get(MEANT, False),
                    )
            await send(message)

        await self._app(scope, receive, write_down)


def closed(node: Any) -> Any:
    """A copy of the document in which objects have documented fields only.

    `additionalProperties: true` tells clients to accept more fields. This API itself must send only documented ones.
    """
    if isinstance(node, Mapping):
        copy = {name: closed(each) for name, each in node.items()}
        if copy.get("additionalProperties") is True and "properties" in copy:
            copy["additionalProperties"] = False
        return copy
    return [closed(each) for each in node] if isinstance(node, list) else node


@cache
def _paths(contract: Contract) -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    """Each path's operations by method, under the closed schemas.

    Paths without `{id}` come first: `/api/image-jobs/stats` is not a job.
    """
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in Contract(closed(contract.document)).operations.values():
        by_path.setdefault(operation.path, {})[operation.method] = operation
    ordered = sorted(by_path, key=lambda path: ("{" in path, path))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), by_path[path]) for path in ordered]
