"""Proxies between a system's processes and its Redis, MongoDB and storage; a test may block each of them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from backing import Backing
from servers.tcp_proxy import Proxy


@dataclass(frozen=True)
class Places:
    """The proxies, and the addresses of the backing services behind them."""

    redis: Proxy
    mongodb: Proxy
    storage: Proxy
    reached: Backing

    def choose(self, source: random.Random) -> tuple[str, Proxy]:
        """A random proxy and the name of its service."""
        return source.choice([("Redis", self.redis), ("MongoDB", self.mongodb), ("storage", self.storage)])


@contextmanager
def places(backing: Backing) -> Iterator[Places]:
    """Proxies to these backing services, open when the block begins."""
    uris = (backing.redis_uri, backing.mongodb_uri, backing.s3.endpoint)
    ports = [urlsplit(uri).port or 0 for uri in uris]
    with Proxy(ports[0]) as redis, Proxy(ports[1]) as mongodb, Proxy(ports[2]) as storage:
        proxies = (redis, mongodb, storage)
        moved = [
            uri.replace(f":{port}", f":{proxy.port}", 1) for uri, port, proxy in zip(uris, ports, proxies, strict=True)
        ]
        s3 = replace(backing.s3, endpoint=moved[2])
        yield Places(*proxies, replace(backing, redis_uri=moved[0], mongodb_uri=moved[1], s3=s3))
