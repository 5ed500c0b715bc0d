"""Tests the proxy itself: a cut connection ends; stalled data arrives late and complete."""

from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from servers.processes import redis_server
from servers.tcp_proxy import Proxy


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    """A proxy to a Redis."""
    with redis_server() as server, Proxy(server.port) as started:
        yield started


@pytest.fixture
def client(proxy: Proxy) -> Iterator[redis.Redis]:
    """A client of the proxy that does not wait long and does not retry."""
    with redis.Redis(port=proxy.port, socket_timeout=2, retry=Retry(NoBackoff(), 0)) as connected:
        yield connected


def test_it_hands_on_in_both_directions(client: redis.Redis) -> None:
    long = b"x" * 1_000_000

    assert client.set("key", long)
    assert client.get("key") == long


def test_cut_it_ends_connections_and_takes_no_new_ones_until_it_is_restored(proxy: Proxy, client: redis.Redis) -> None:
    assert client.ping()

    proxy.cut()

    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.ping()
    proxy.restore()
    assert client.ping()


def test_stalled_it_answers_nothing_and_carries_it_out_later(proxy: Proxy, client: redis.Redis) -> None:
    client.set("late", "before")

    proxy.stall()

    with pytest.raises(redis.TimeoutError):
        client.ping()
    proxy.restore()
    assert client.get("late") == b"before"
