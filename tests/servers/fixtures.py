"""Fixtures with servers: as child processes, and in containers if there is a Docker engine."""

from collections.abc import Iterator

import pytest
from servers.containers import mongodb_container, redis_container
from servers.processes import mongo_server, redis_server
from servers.s3_services import S3Service, minio_service, moto_service

REDIS = ("redis_process", "redis_in_container")
MONGODB = ("mongodb_process", "mongodb_in_container")
S3 = ("moto", "minio")


@pytest.fixture(scope="session")
def redis_process() -> Iterator[int]:
    """The port of a redis-server that all tests share: no test may stop it, and each uses unique keys."""
    with redis_server() as server:
        yield server.port


@pytest.fixture(scope="session")
def redis_in_container() -> Iterator[int]:
    """The port of a Redis in a container that all tests share."""
    with redis_container() as started:
        yield started.port


@pytest.fixture(scope="session")
def mongodb_process() -> Iterator[int]:
    """The port of a mongod on PATH, else of nx-27017, that all tests share; each test uses its own database."""
    with mongo_server() as server:
        yield server.port


@pytest.fixture(scope="session")
def mongodb_in_container() -> Iterator[int]:
    """The port of a MongoDB in a container that all tests share; with IMAGES=local it is mongo-java-server."""
    with mongodb_container() as started:
        yield started.port


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Service]:
    """moto's server, in this process."""
    with moto_service() as service:
        yield service


@pytest.fixture(scope="session")
def minio() -> Iterator[S3Service]:
    """MinIO: the program on PATH, else in a container."""
    with minio_service() as service:
        yield service


@pytest.fixture(params=REDIS)
def redis_port(request: pytest.FixtureRequest) -> int:
    """The port of a shared Redis; the test runs once for each kind of server."""
    return int(request.getfixturevalue(request.param))


@pytest.fixture(params=MONGODB)
def mongodb_port(request: pytest.FixtureRequest) -> int:
    """The port of a shared server of MongoDB's protocol; the test runs once for each kind of server."""
    return int(request.getfixturevalue(request.param))
