"""Every repository of image jobs passes ImageJobRepositorySuite."""

from collections.abc import Iterator

import pytest
from imagejobs.jobs.records.memory import MemoryImageJobRepository
from imagejobs.jobs.records.mongo import MongoImageJobRepository, create_indexes
from imagejobs.jobs.records.port import ImageJobRepository
from imagejobs.testing import ImageJobRepositorySuite
from servers.fixtures import MONGODB
from worlds.databases import new_database


class TestMemoryImageJobRepository(ImageJobRepositorySuite):
    @pytest.fixture
    def repository(self) -> ImageJobRepository:
        return MemoryImageJobRepository()


class TestMongoImageJobRepository(ImageJobRepositorySuite):
    @pytest.fixture(params=MONGODB)
    def repository(self, request: pytest.FixtureRequest) -> Iterator[ImageJobRepository]:
        with new_database(request.getfixturevalue(request.param)) as database:
            create_indexes()
            yield MongoImageJobRepository(database)
