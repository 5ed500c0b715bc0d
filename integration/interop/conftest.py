"""The programs of the existing system, on the same backing services as ours."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from backing import Backing
from interop.legacy_programs import Document, LegacyBackend, LegacyWorker, NewLegacyWorker
from pymongo import MongoClient
from pymongo.collection import Collection
from running_system import System


@pytest.fixture
def new_legacy_worker(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewLegacyWorker]:
    """Makes any number of legacy workers; all are killed when the test ends."""
    with ExitStack() as stack:

        def new(system: System, bucket: str = "") -> LegacyWorker:
            used = replace(backing, bucket=bucket or backing.bucket)
            environment = used.environment() | {"API_URL": str(system.http.base_url).rstrip("/")}
            worker = LegacyWorker(environment, tmp_path_factory.mktemp("legacy-worker"))
            stack.callback(worker.kill)
            return worker

        yield new


@pytest.fixture(scope="module")
def legacy_backend(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LegacyBackend]:
    """The legacy backend. The test starts it."""
    directory: Path = tmp_path_factory.mktemp("legacy-backend")
    backend = LegacyBackend(backing.environment(), directory)
    yield backend
    backend.kill()


@pytest.fixture(scope="module")
def records(backing: Backing) -> Iterator[Collection[Document]]:
    """The MongoDB collection of image jobs."""
    with MongoClient[Document](backing.mongodb_uri, tz_aware=True) as client:
        yield client.get_default_database()["image_jobs"]
