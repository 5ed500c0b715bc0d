"""A new database for each test, on a server that tests share."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from imagejobs.connections.mongodb import Database
from imagejobs.embedded.services.mongodb import mongodb_uri


@contextmanager
def new_database(port: int) -> Iterator[Database]:
    """An empty database with a random name, on the server at `port`."""
    with closing(Database(mongodb_uri(port, f"test_{secrets.token_hex(6)}"))) as database:
        yield database


@pytest.fixture
def database(mongodb_port: int) -> Iterator[Database]:
    """An empty database for one test, on the server of the fixture `mongodb_port`."""
    with new_database(mongodb_port) as made:
        yield made
