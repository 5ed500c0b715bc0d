"""Tests the lossy proxies themselves: exactly the chosen message is lost or broken, and everything else arrives."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
import urllib3
from imagejobs.storage.object_storage import ObjectStorage, StorageUnavailable
from redis.backoff import NoBackoff
from redis.retry import Retry
from servers.losing_proxy import NOTHING_CAME, LosingProxy, Loss
from servers.processes import redis_server
from servers.s3_services import moto_service

from faults.storage_proxy import StorageProxy, Trouble, Troubles

BODY = b"0123456789" * 100


@pytest.fixture(scope="module")
def redis_way() -> Iterator[LosingProxy]:
    """A proxy to a Redis."""
    with redis_server() as server, LosingProxy(server.port) as started:
        yield started


@pytest.fixture
def client(redis_way: LosingProxy) -> Iterator[redis.Redis]:
    """A client of the proxy that never retries."""
    with redis.Redis(port=redis_way.port, socket_timeout=5, retry=Retry(NoBackoff(), 0)) as connected:
        connected.flushdb()
        yield connected


@pytest.mark.parametrize("is_reply", [True, False], ids=["reply", "request"])
def test_one_message_is_lost_and_its_connection_with_it(
    redis_way: LosingProxy, client: redis.Redis, is_reply: bool
) -> None:
    reached: list[str] = []
    loss = redis_way.lose(Loss([b"SET", b"wanted"], is_reply, then=lambda: reached.append("then")))
    assert client.set("other", 1)
    assert not loss.happened.is_set()
    with pytest.raises(redis.ConnectionError):
        client.set("wanted", 1)
    assert (loss.happened.is_set(), reached) == (True, ["then"])
    assert client.get("wanted") == (b"1" if is_reply else None)
    assert client.set("wanted", 2), "once"


def test_replies_that_say_nothing_are_not_the_one_that_is_lost(redis_way: LosingProxy, client: redis.Redis) -> None:
    loss = redis_way.lose(Loss([b"LPOP"], except_for=NOTHING_CAME))
    assert client.lpop("list") is None
    client.rpush("list", "message")
    with pytest.raises(redis.ConnectionError):
        client.lpop("list")
    assert loss.happened.is_set()


@pytest.fixture(scope="module")
def storage_way() -> Iterator[tuple[StorageProxy, ObjectStorage]]:
    """A proxy to an S3 service, and a storage behind this proxy that contains one object."""
    with moto_service() as s3, StorageProxy(s3.endpoint) as way:
        s3.make_bucket("a-bucket")
        storage = replace(s3, endpoint=way.endpoint).storage("a-bucket")
        storage.put("raw/a.jpg", io.BytesIO(BODY), len(BODY), "image/jpeg")
        yield way, storage


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.OVERLOADED, Trouble.CUT, Trouble.REPLY_LOST])
def test_a_request_in_trouble_fails_until_it_is_over(
    storage_way: tuple[StorageProxy, ObjectStorage], trouble: Trouble
) -> None:
    way, storage = storage_way
    met = way.trouble(Troubles(trouble, "GET", "/raw/", 100))
    with pytest.raises(StorageUnavailable):
        storage.get("raw/a.jpg", 10_000)
    assert met.met
    assert storage.head("raw/a.jpg").size == len(BODY), "another method is not in trouble"
    way.heal()
    assert storage.get("raw/a.jpg", 10_000) == BODY


def test_an_answer_of_half_the_length_arrives_as_if_it_were_whole(
    storage_way: tuple[StorageProxy, ObjectStorage],
) -> None:
    way, storage = storage_way
    way.trouble(Troubles(Trouble.SHORT, "GET", "/raw/", 1))
    answer = urllib3.request("GET", storage.presigned_url("raw/a.jpg", timedelta(minutes=1)), retries=False)
    assert (answer.status, answer.data) == (200, BODY[: len(BODY) // 2])


def test_a_put_whose_reply_is_lost_is_done(storage_way: tuple[StorageProxy, ObjectStorage]) -> None:
    way, storage = storage_way
    way.trouble(Troubles(Trouble.REPLY_LOST, "PUT", "/raw/b", 100))
    with pytest.raises(StorageUnavailable):
        storage.put("raw/b.jpg", io.BytesIO(BODY), len(BODY), "image/jpeg")
    way.heal()
    assert storage.get("raw/b.jpg", 10_000) == BODY
