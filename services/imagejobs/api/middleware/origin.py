"""Protects a server without tokens from web pages of other origins.

Such a server trusts everybody who can reach it, and a browser can reach it for any page. The browser sends `Origin`
with every cross-origin request that changes something; `Host` reveals a DNS name that was rebound to this server.
"""

from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from imagejobs.api.binding.errors import ApiError, error_response
from imagejobs.settings.addresses import is_this_machine, parts_of

REMEDY = "Set API_TOKENS and WORKER_TOKENS"


class OwnOriginOnly:
    """ASGI middleware: 403 unless Host, and Origin if it is sent, name this server.

    The server's names are `hosts` and those of the loopback interface. If it listens `on_network`, IP addresses and
    names without a dot are its names too: the DNS name of a web page that could be rebound is neither.
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
                f"Host {host!r} is not a name of this server, which runs without tokens. {REMEDY}, or set API_URL to "
                "the address that clients use."
            )
        origin = headers.get("origin")
        if origin is not None and parts_of(origin).netloc != host:
            return f"Web pages of origin {origin!r} may not use this server, which runs without tokens. {REMEDY}."
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
