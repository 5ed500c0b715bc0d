"""A server without tokens trusts whoever reaches it; so a web page of another origin must not reach it.

A browser sends `Origin` with every request that changes something across origins, and `Host` tells a rebound DNS name.
"""

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response
from imagejobs.settings.addresses import is_this_machine, parts_of

REMEDY = "Set API_TOKENS and WORKER_TOKENS"


class OwnOriginOnly:
    """ASGI middleware: 403 unless Host, and Origin if there is one, name this server.

    Its names are the loopback's and `hosts`. One that listens `on_network` is known there by other addresses, and by
    short names, too: neither can be what a page's own DNS name was rebound to.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset(), *, on_network: bool = False) -> None:
        self._app = app
        self._hosts = hosts
        self._on_network = on_network

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            await error_response(ApiError(403, "foreign_origin", refusal))(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> str | None:
        host = headers.get("host", "")
        if not self._is_own(parts_of(f"//{host}").hostname or ""):
            return (
                f"Host {host!r} is not known as this server's name, and it runs without tokens. {REMEDY}, or API_URL "
                "to the address that it is called by."
            )
        origin = headers.get("origin")
        if origin is not None and parts_of(origin).netloc != host:
            return f"Origin {origin!r} may not use this server: it runs without tokens. {REMEDY}."
        return None

    def _is_own(self, name: str) -> bool:
        if name in self._hosts or is_this_machine(name):
            return True
        return self._on_network and bool(name) and ("." not in name or _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
