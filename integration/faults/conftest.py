"""The system into which the tests of one module inject faults."""

import logging
from collections.abc import Iterator

import pytest
from backing import BackingServers

from faults.world import World, faulty_system


@pytest.fixture(scope="module")
def world(servers: BackingServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One system for all tests of a module; each test runs its own trial in it."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # moto logs each request
    with faulty_system(servers.backing(), tmp_path_factory.mktemp("faulty")) as started:
        yield started
