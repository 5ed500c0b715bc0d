"""Connections to Redis: every wait is limited, no command is repeated unless the caller asked for it, and a connection
to a server that cannot serve is closed.

After a failover the old master goes on as a replica and keeps its connections: it answers READONLY on them for ever,
while the address already leads to the new master. So such an answer closes all connections of the process; the next
command resolves the address and connects again.
"""

import re
from typing import Any

from redis import Connection, ConnectionPool, Redis, RedisError, SSLConnection, UnixDomainSocketConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ClusterDownError, MasterDownError, MovedError, ReadOnlyError
from redis.retry import Retry

CONNECT_SECONDS = 2.0
HEALTH_CHECK_SECONDS = 30
"""A connection that was idle for longer is tested with a PING first: firewalls drop idle connections silently."""

_UNABLE = (ReadOnlyError, BusyLoadingError, MasterDownError, ClusterDownError, MovedError)
_UNABLE_CODE = re.compile(
    r"(?:^|: -?)(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|UNBLOCKED|NOREPLICAS|MISCONF|BUSY)\b"
)
"""Codes without a class in redis-py, and codes that follow another one: Redis 6 answers "ERR Error running script
(...): -READONLY ...", Redis 7 "EXECABORT Transaction discarded because of: READONLY ...". OOM is not among them: the
other servers of the deployment have the same data and are as full."""


def redis_client(uri: str, *, socket_timeout: float, retries: int = 0) -> Redis:
    """A client of `uri` (redis://, rediss:// or unix://); it connects at its first command. Thread-safe.

    `socket_timeout` bounds each wait for a reply, in seconds; it must be above the server-side timeout of a blocking
    command. `retries` is how often a command is sent again if the connection breaks or no reply comes; redis-py's
    default is ten. A repeated command may be executed twice, so only clients whose commands are idempotent may set it.
    """
    return Redis.from_pool(redis_pool(uri, socket_timeout=socket_timeout, retries=retries))


def redis_pool(uri: str, *, socket_timeout: float, retries: int = 0) -> ConnectionPool:
    """The connection pool of redis_client, for clients of another class."""
    scheme = uri.partition(":")[0]
    over_tcp = {"socket_keepalive": True, "socket_connect_timeout": CONNECT_SECONDS}
    return _Pool.from_url(
        uri,
        connection_class=_CONNECTIONS[scheme],
        **({} if scheme == "unix" else over_tcp),
        socket_timeout=socket_timeout,
        health_check_interval=HEALTH_CHECK_SECONDS,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries),
    )


def cannot_serve(reply: object) -> bool:
    """Whether a reply, or the error that redis-py made of it, means that this server cannot serve now."""
    return isinstance(reply, _UNABLE) or (isinstance(reply, RedisError) and bool(_UNABLE_CODE.search(str(reply))))


class _Watching:
    """Notes that the server cannot serve, and lets the caller read the remaining replies of a pipeline."""

    is_useless = False

    def read_response(self, *args: Any, **options: Any) -> Any:
        """See redis.Connection."""
        try:
            response = super().read_response(*args, **options)  # type: ignore[misc]  # of redis.Connection
        except RedisError as error:
            self.is_useless |= cannot_serve(error)
            raise
        if isinstance(response, list):  # the reply to EXEC contains errors
            self.is_useless |= any(map(cannot_serve, response))
        return response


class _PlainConnection(_Watching, Connection):
    pass


class _EncryptedConnection(_Watching, SSLConnection):
    pass


class _SocketConnection(_Watching, UnixDomainSocketConnection):
    pass


_CONNECTIONS = {"redis": _PlainConnection, "rediss": _EncryptedConnection, "unix": _SocketConnection}


class _Pool(ConnectionPool):
    """Closes all connections when one of them is released after its server answered that it cannot serve.

    Idle connections are closed at once, the others when they are released. Otherwise each thread's command would fail
    once.
    """

    def release(self, connection: Any) -> None:
        """See redis.ConnectionPool."""
        if connection.is_useless:
            connection.is_useless = False
            self.update_active_connections_for_reconnect()
            self.disconnect(inuse_connections=False)
        super().release(connection)
