"""The servers of MongoDB's wire protocol that the tests run over, and a database as other programs see it."""

from typing import Any

import pytest
from imagejobs.connections.mongodb import Database
from pymongo.collection import Collection
from servers.fixtures import mongodb_in_container, mongodb_port, mongodb_process  # noqa: F401 - fixtures
from worlds.databases import database  # noqa: F401 - the fixture


@pytest.fixture
def documents(database: Database) -> Collection[dict[str, Any]]:  # noqa: F811 - the fixture
    """The collection as another program sees it."""
    return database._client.get_default_database()["events"]
