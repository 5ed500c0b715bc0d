"""Fixtures for running systems: one deployed on backing services, and one started by `imagejobs up`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from backing import Backing, BackingServers, backing_servers, what_was_left_out
from deployed_system import Deployment, deployed
from local_system import local_system
from running_system import System

HERE = Path(__file__).parent
LONGEST_FIRST = (
    "test_whole_system.py",
    "test_bad_files.py",
    "test_compose.py",
    "faults/test_dying_workers.py",
    "test_deployment.py",
    "faults/test_strange_workers.py",
    "faults/test_killed_workers.py",
    "test_stopping.py",
    "interop/test_side_by_side.py",
)
"""Files that take more than a minute. Begun last, one of them would keep a single process busy at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first. With `--no-loadscope-reorder` xdist keeps that order."""
    order = {HERE / name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Report in one line what this run could not test on this machine."""
    if left_out := what_was_left_out():
        terminalreporter.write_line(f"integration: {left_out}")


@pytest.fixture(scope="session")
def servers() -> Iterator[BackingServers]:
    """One Redis, one MongoDB and one S3 service for the whole run."""
    with backing_servers() as started:
        yield started


@pytest.fixture(scope="module")
def backing(servers: BackingServers) -> Backing:
    """The databases and the bucket for the systems of one module."""
    return servers.backing()


@pytest.fixture(scope="module")
def deployment(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Deployment]]:
    """A deployed system, and the processes it consists of."""
    with deployed(backing, tmp_path_factory.mktemp("deployed")) as started:
        yield started


@pytest.fixture(scope="module", params=["deployed", "up"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The same tests run against a deployed system and against `imagejobs up`."""
    if request.param == "deployed":
        yield request.getfixturevalue("deployment")[0]
        return
    with local_system(tmp_path_factory.mktemp("data")) as started:
        yield started
