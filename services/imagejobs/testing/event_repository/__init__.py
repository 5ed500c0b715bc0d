"""The conformance suite of EventRepository."""

import pytest

from imagejobs.events.repository import EventRepository
from imagejobs.testing.event_repository.keyed_requests import KeyedRequests
from imagejobs.testing.event_repository.records import Records
from imagejobs.testing.event_repository.tombstones import Tombstones


class EventRepositorySuite(Records, KeyedRequests, Tombstones):
    """What every EventRepository does. Override `repository`."""

    @pytest.fixture
    def repository(self) -> EventRepository:
        """Return an empty repository; each test gets one of its own."""
        pytest.fail("Override the fixture `repository`: it returns an empty EventRepository.")
