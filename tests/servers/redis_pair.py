"""Two Redis servers, one a replica of the other, and a failover that disconnects nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from servers.processes import RedisServer, redis_server, wait_until
from servers.tcp_proxy import Proxy


@dataclass(frozen=True)
class RedisPair:
    """The second server is a replica of the first until the failover; the address leads to the master."""

    first: RedisServer
    second: RedisServer
    way: Proxy

    @property
    def uri(self) -> str:
        """REDIS_URI of the address."""
        return f"redis://127.0.0.1:{self.way.port}/0"

    def fail_over(self) -> None:
        """Promote the replica, demote its master, move the address; connections that are open stay."""
        with self.first.client() as first, self.second.client() as second:
            second.replicaof("NO", "ONE")
            first.replicaof("127.0.0.1", self.second.port)
        self.way.lead_to(self.second.port)

    def ports(self) -> set[int]:
        """Where the open connections lead."""
        return set(self.way.destinations().values())


@contextmanager
def redis_pair() -> Iterator[RedisPair]:
    """Both servers, in step with each other."""
    with redis_server() as first, redis_server() as second, Proxy(first.port) as way:
        with first.client() as master, second.client() as replica:
            master.config_set("repl-diskless-sync-delay", 0)
            replica.replicaof("127.0.0.1", first.port)
            wait_until(lambda: replica.info("replication")["master_link_status"] == "up")
        yield RedisPair(first, second, way)
        for each in (first, second):
            each.kill()  # asked to end, they would wait for each other
