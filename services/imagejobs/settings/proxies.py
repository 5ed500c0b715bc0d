"""Proxies to the API and to S3: only API_PROXY and R2_PROXY count, and never for an address of this machine.

HTTP_PROXY and similar variables are not used. Many environments set them for other programs (Docker passes its own to
every container), and their proxies seldom reach an internal API or storage.
"""

import os
from urllib.parse import urlsplit

from imagejobs.settings.addresses import is_this_machine, parts_of, shown

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
DEFAULT_PORTS = {"http": 80, "https": 443}


def proxy_address(value: str) -> str:
    """The http:// or https:// address of a proxy without its last slash; it may be empty.

    Raises ValueError, whose message does not show the address: it may contain a password.
    """
    parts = parts_of(value)
    if value and not (parts.scheme in DEFAULT_PORTS and _has_host_and_port(value) and parts.path in {"", "/"}):
        raise ValueError(
            "not of the form http://HOST:PORT or http://USER:PASSWORD@HOST:PORT (https:// if the proxy speaks TLS); "
            "special characters in the user name and password must be percent-encoded"
        )
    return value.rstrip("/")


def proxy_to(address: str, proxy: str) -> str:
    """The proxy for requests to `address`: `proxy`, but none if the address is this machine."""
    return "" if is_this_machine(parts_of(address).hostname or "") else proxy


def through(proxy: str) -> str:
    """The part of an error message that names the proxy; nothing without a proxy."""
    return f" through the proxy {shown(proxy)}" if proxy else ""


def named_by_the_environment() -> dict[str, str]:
    """The proxies in HTTP_PROXY and similar variables, by the name in upper case; lower case takes precedence."""
    found = {name: os.environ.get(name.lower()) or os.environ.get(name) for name in VARIABLES}
    return {name: value for name, value in found.items() if value}


def _has_host_and_port(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        return False
