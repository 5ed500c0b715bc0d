"""The check of proxies: which are used, whether they accept connections, and which are not used."""

import socket
from urllib.parse import urlsplit

from imagejobs.cli.checks import Deployment
from imagejobs.errors import ConfigurationError
from imagejobs.settings.addresses import shown
from imagejobs.settings.proxies import DEFAULT_PORTS, named_by_the_environment, proxy_to

CONNECT_SECONDS = 3.0


def check_proxies(deployment: Deployment) -> str:
    """Check that each proxy in a setting accepts connections."""
    settings, address = deployment.settings, deployment.api.address
    ways = [("API_PROXY", address.api_proxy, address.api_base_url)]
    ways += [("R2_PROXY", settings.r2_proxy, settings.r2_endpoint)] if settings.storage == "s3" else []
    parts = [_way(name, proxy, target) for name, proxy, target in ways if proxy]
    parts = parts or ["none: API and storage are reached directly"]
    unused = [f"{name}={shown(proxy)}" for name, proxy in named_by_the_environment().items()]
    if unused:
        parts.append(f"{', '.join(unused)} in the environment is not used; set API_PROXY or R2_PROXY to use a proxy")
    return "; ".join(parts)


def _way(name: str, proxy: str, target: str) -> str:
    place = shown(target)
    if not proxy_to(target, proxy):
        return f"{name} is not used: {place} is this machine"
    parts = urlsplit(proxy)
    try:
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        socket.create_connection((parts.hostname, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise ConfigurationError(
            f"the proxy {shown(proxy)} to {place} accepts no connection ({error}): correct {name}, or leave it empty"
        ) from error
    return f"{place} is reached through {shown(proxy)} ({name})"
