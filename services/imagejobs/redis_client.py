"""Connections to Redis: every wait has an end, and no command is sent twice behind its caller's back."""

from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.retry import Retry

CONNECT_SECONDS = 2.0
HEALTH_CHECK_SECONDS = 30
"""A connection idle for longer is tried with a PING first: firewalls forget idle connections without a word."""


def redis_client(uri: str, *, socket_timeout: float, retries: int = 0) -> Redis:
    """A client of `uri` (redis://, rediss:// or unix://); it connects at its first command. Thread-safe.

    `socket_timeout` bounds each wait for a reply, in seconds; it must be above the server-side timeout of a blocking
    command. `retries` is how often a command is sent again when the connection breaks or no reply comes. redis-py
    itself would do so ten times, and a command whose reply was lost is then executed twice: give a number only to
    clients whose commands bear that.
    """
    over_tcp = {"socket_keepalive": True, "socket_connect_timeout": CONNECT_SECONDS}
    client: Redis = Redis.from_url(
        uri,
        **({} if uri.startswith("unix:") else over_tcp),
        socket_timeout=socket_timeout,
        health_check_interval=HEALTH_CHECK_SECONDS,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries),
    )
    return client
