"""Closes a connection whose request was answered before its body was read.

If the unread rest is small, uvicorn reads and discards it and keeps the connection. If the rest is large or of unknown
length, the answer has `Connection: close`, and the client may stop sending.
"""

import math
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL_BYTES = 64 * 1024


class ClosingUnread:
    """ASGI middleware: adds `Connection: close` to an answer if a large part of the body is unread."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the application."""
        body = _Body.declared_by(scope)
        if body is None:
            await self._app(scope, receive, send)
            return

        async def receiving() -> Message:
            body.is_asked_for = True
            message = await receive()
            body.rest -= len(message.get("body", b""))
            if not message.get("more_body", False):
                body.rest = 0
            return message

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and body.is_large():
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, receiving, sending)


@dataclass(slots=True)
class _Body:
    rest: float
    is_asked_for: bool

    @classmethod
    def declared_by(cls, scope: Scope) -> "_Body | None":
        """The body that the headers announce; None if the request has none."""
        if scope["type"] != "http":
            return None
        headers = dict(scope["headers"])
        if b"transfer-encoding" not in headers and b"content-length" not in headers:
            return None
        length = headers.get(b"content-length", b"")
        # A client with Expect waits for 100 Continue. After another answer it may or may not send the body.
        return cls(int(length) if length.isdigit() else math.inf, headers.get(b"expect") is None)

    def is_large(self) -> bool:
        """Whether the unread rest is too large to read and discard, or of unknown length."""
        return self.rest > (SMALL_BYTES if self.is_asked_for else 0)
