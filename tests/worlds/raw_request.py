"""A request to an application in memory, sent piece by piece as a server hands it on."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worlds.memory_api import HOST, MemoryApi


@dataclass
class RawAnswer:
    """What came back, and how many pieces of the body the application took."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    taken: int = 0

    @property
    def code(self) -> str:
        """`error.code`."""
        return str(json.loads(self.body)["error"]["code"])


def raw_request(
    api: MemoryApi,
    path: str,
    headers: Mapping[str, str],
    pieces: Iterable[bytes],
    *,
    method: str = "POST",
    stalls: bool = False,
) -> RawAnswer:
    """A request in pieces, as a server hands them on. A body that is not ended by b"" is one whose client went away, or
    `stalls`.
    """
    answer, waiting = RawAnswer(), iter(pieces)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in ({"Host": HOST} | dict(headers)).items()],
        "client": (HOST, 1),
        "server": (HOST, 80),
    }

    async def receive() -> dict[str, Any]:
        piece = next(waiting, None)
        if piece is None and stalls:
            await asyncio.Event().wait()
        if piece is None:
            return {"type": "http.disconnect"}
        answer.taken += 1
        return {"type": "http.request", "body": piece, "more_body": piece != b""}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    async def ask() -> None:
        await api.app(scope, receive, send)

    asyncio.run(ask())
    return answer
