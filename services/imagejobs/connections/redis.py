"""Connections to Redis: every wait has an end, no command is sent twice behind its caller's back, and no connection is
kept to a server that says that it cannot serve.

After a failover the old master lives on as a replica and keeps its connections: it answers READONLY on them for ever,
while the address already leads to the new master. So such an answer closes the connection on which it came and the
others of the same process; the next command resolves the address and connects anew.
"""

import re
from typing import Any

from redis import Connection, ConnectionPool, Redis, RedisError, SSLConnection, UnixDomainSocketConnection
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import BusyLoadingError, ClusterDownError, MasterDownError, MovedError, ReadOnlyError
from redis.retry import Retry

CONNECT_SECONDS = 2.0
HEALTH_CHECK_SECONDS = 30
"""A connection idle for longer is tried with a PING first: firewalls forget idle connections without a word."""

_UNABLE = (ReadOnlyError, BusyLoadingError, MasterDownError, ClusterDownError, MovedError)
_UNABLE_CODE = re.compile(
    r"(?:^|: -?)(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|MOVED|UNBLOCKED|NOREPLICAS|MISCONF|BUSY)\b"
)
"""Codes for which redis-py has no class, and all of them where they follow another one: Redis 6 answers "ERR Error
running script (...): -READONLY ...", Redis 7 "EXECABORT Transaction discarded because of: READONLY ...". OOM is not one
of them: it is about the data, which the replicas share."""


def redis_client(uri: str, *, socket_timeout: float, retries: int = 0) -> Redis:
    """A client of `uri` (redis://, rediss:// or unix://); it connects at its first command. Thread-safe.

    `socket_timeout` bounds each wait for a reply, in seconds; it must be above the server-side timeout of a blocking
    command. `retries` is how often a command is sent again when the connection breaks or no reply comes. redis-py
    itself would do so ten times, and a command whose reply was lost is then executed twice: give a number only to
    clients whose commands bear that.
    """
    return Redis.from_pool(redis_pool(uri, socket_timeout=socket_timeout, retries=retries))


def redis_pool(uri: str, *, socket_timeout: float, retries: int = 0) -> ConnectionPool:
    """What redis_client connects with, for clients of another class."""
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
    """Whether a reply, or an error made of one, says that this server cannot serve, and perhaps another one can."""
    return isinstance(reply, _UNABLE) or (isinstance(reply, RedisError) and bool(_UNABLE_CODE.search(str(reply))))


class _Watching:
    """Notes whether the server said that it cannot serve. Replies of a pipeline that follow can still be read."""

    is_useless = False

    def read_response(self, *args: Any, **options: Any) -> Any:
        """See redis.Connection."""
        try:
            response = super().read_response(*args, **options)  # type: ignore[misc]  # of redis.Connection
        except RedisError as error:
            self.is_useless |= cannot_serve(error)
            raise
        if isinstance(response, list):  # the reply to EXEC has errors in it
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
    """Closes a connection whose server cannot serve as soon as its command is over, and with it all the others.

    Those that are idle are closed at once, those in use when they are released: otherwise each thread would have to
    meet a failure of its own.
    """

    def release(self, connection: Any) -> None:
        """See redis.ConnectionPool."""
        if connection.is_useless:
            connection.is_useless = False
            self.update_active_connections_for_reconnect()
            self.disconnect(inuse_connections=False)
        super().release(connection)
