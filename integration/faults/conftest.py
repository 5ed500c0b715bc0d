"""The system that the tests of one module do harm to."""

import logging
from collections.abc import Iterator

import pytest
from backing import BackingServers

from faults.world import World, faulty_system


@pytest.fixture(scope="module")
def world(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One for all tests of a module; each holds a trial of its own in it."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto tells of each request
    with faulty_system(servers.backing(), tmp_path_factory.mktemp("faulty")) as started:
        yield started
