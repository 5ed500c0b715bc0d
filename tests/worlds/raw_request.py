"""A request to an application in memory, with a body that arrives in pieces."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from worlds.memory_api import HOST, MemoryApi


@dataclass
class RawAnswer:
    """The response, and the number of body pieces that the application read."""

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
    """Call the application as an ASGI server does, with one message for each piece of the body.

    An empty piece ends the body. Without one, the client disconnects after the last piece, or sends nothing more if it
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
