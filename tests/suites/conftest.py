"""One fixture per port, over all of its implementations."""

from collections.abc import Iterator

import pytest
from servers import MongoServer, RedisServer, mongo_server, redis_server


@pytest.fixture(scope="session")
def running_redis() -> Iterator[RedisServer]:
    """One redis-server for all tests that do not kill it; each uses names of its own."""
    with redis_server() as server:
        yield server


@pytest.fixture(scope="session")
def running_mongo() -> Iterator[MongoServer]:
    """One server of MongoDB's wire protocol for all tests; each uses a database of its own."""
    with mongo_server() as server:
        yield server
