"""A server without tokens trusts whoever reaches it; so a web page of another origin must not reach it.

A browser sends `Origin` with every request that changes something across origins, and `Host` tells a rebound DNS name.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from imagejobs.api.errors import ApiError, error_response
from imagejobs.settings import LOOPBACK_HOSTS


class OwnOriginOnly:
    """ASGI middleware: 403 unless Host, and Origin if there is one, name this server."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._hosts = LOOPBACK_HOSTS | hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            await error_response(ApiError(403, "foreign_origin", refusal))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if _hostname(f"//{host}") not in self._hosts:
            return f"Host {host!r} is not this server's; it runs without tokens and answers to its own names only."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            return (
                f"Origin {origin!r} may not use this server: it runs without tokens. Set API_TOKENS and WORKER_TOKENS."
            )
        return None


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
