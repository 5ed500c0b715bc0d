"""Every repository of events passes EventRepositorySuite."""

from collections.abc import Iterator

import pytest
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.events.mongo_document import create_event_indexes
from imagejobs.events.mongo_repository import MongoEventRepository
from imagejobs.events.repository import EventRepository
from imagejobs.testing import EventRepositorySuite
from servers.fixtures import MONGODB
from worlds.databases import new_database


class TestMemoryEventRepository(EventRepositorySuite):
    @pytest.fixture
    def repository(self) -> EventRepository:
        return MemoryEventRepository()


class TestMongoEventRepository(EventRepositorySuite):
    @pytest.fixture(params=MONGODB)
    def repository(self, request: pytest.FixtureRequest) -> Iterator[EventRepository]:
        with new_database(request.getfixturevalue(request.param)) as database:
            create_event_indexes()
            yield MongoEventRepository(database)
