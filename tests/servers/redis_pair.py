"""A Redis master and its replica, and a failover that closes no client's connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from servers.processes import RedisServer, redis_server, wait_until
from servers.tcp_proxy import Proxy


@dataclass(frozen=True)
class RedisPair:
    """Two servers: the second replicates the first until the failover. `uri` leads new connections to the master."""

    first: RedisServer
    second: RedisServer
    way: Proxy

    @property
    def uri(self) -> str:
        """A REDIS_URI that leads to the current master."""
        return f"redis://127.0.0.1:{self.way.port}/0"

    def fail_over(self) -> None:
        """Promote the replica, demote its master and lead new connections to the new one. Open connections stay."""
        with self.first.client() as first, self.second.client() as second:
            second.replicaof("NO", "ONE")
            first.replicaof("127.0.0.1", self.second.port)
        self.way.lead_to(self.second.port)

    def ports(self) -> set[int]:
        """The ports of the servers that the open connections lead to."""
        return set(self.way.destinations().values())


@contextmanager
def redis_pair() -> Iterator[RedisPair]:
    """Two running servers, the second in sync with the first."""
    with redis_server() as first, redis_server() as second, Proxy(first.port) as way:
        with first.client() as master, second.client() as replica:
            master.config_set("repl-diskless-sync-delay", 0)
            replica.replicaof("127.0.0.1", first.port)
            wait_until(lambda: replica.info("replication")["master_link_status"] == "up")
        yield RedisPair(first, second, way)
        for each in (first, second):
            each.kill()  # after SIGTERM each would wait for its replica
