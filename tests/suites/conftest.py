"""The servers that the conformance suites run over."""

from servers.fixtures import (  # noqa: F401 - fixtures, found by their names
    minio,
    mongodb_in_container,
    mongodb_port,
    mongodb_process,
    moto,
    redis_in_container,
    redis_port,
    redis_process,
)
