"""Fixtures of the servers that tests run over: as processes, and in containers where there is a Docker engine."""

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
    """The port of a redis-server that no test kills; each test uses names of its own."""
    with redis_server() as server:
        yield server.port


@pytest.fixture(scope="session")
def redis_in_container() -> Iterator[int]:
    """The same in a container."""
    with redis_container() as started:
        yield started.port


@pytest.fixture(scope="session")
def mongodb_process() -> Iterator[int]:
    """The port of a mongod on PATH, else nx-27017; each test uses a database of its own."""
    with mongo_server() as server:
        yield server.port


@pytest.fixture(scope="session")
def mongodb_in_container() -> Iterator[int]:
    """MongoDB in a container; with IMAGES=local mongo-java-server."""
    with mongodb_container() as started:
        yield started.port


@pytest.fixture(scope="session")
def moto() -> Iterator[S3Service]:
    """moto's server in this process."""
    with moto_service() as service:
        yield service


@pytest.fixture(scope="session")
def minio() -> Iterator[S3Service]:
    """The program minio on PATH, else MinIO in a container."""
    with minio_service() as service:
        yield service


@pytest.fixture(params=REDIS)
def redis_port(request: pytest.FixtureRequest) -> int:
    """Each Redis in turn."""
    return int(request.getfixturevalue(request.param))


@pytest.fixture(params=MONGODB)
def mongodb_port(request: pytest.FixtureRequest) -> int:
    """Each server of MongoDB's wire protocol in turn."""
    return int(request.getfixturevalue(request.param))
