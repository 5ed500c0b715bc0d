"""The Redis servers that the tests use."""

from servers.fixtures import redis_in_container, redis_port, redis_process  # noqa: F401 - fixtures, found by their names
