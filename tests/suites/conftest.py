"""One fixture per port, over all of its implementations."""

from collections.abc import Iterator

import pytest
from servers import RedisServer, redis_server


@pytest.fixture(scope="session")
def running_redis() -> Iterator[RedisServer]:
    """One redis-server for all tests that do not kill it; each uses names of its own."""
    with redis_server() as server:
        yield server
