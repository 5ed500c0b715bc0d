"""The systems that the tests ask: on backing services of one's own, and `imagejobs up` with what it embeds."""

from collections.abc import Iterator

import pytest
from backing import Backing, BackingServers, backing_servers, what_was_left_out
from deployed_system import Deployment, deployed
from local_system import local_system
from running_system import System


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what this machine could not run."""
    if left_out := what_was_left_out():
        terminalreporter.write_line(f"integration: {left_out}")


@pytest.fixture(scope="session")
def servers() -> Iterator[BackingServers]:
    """One Redis, one MongoDB and one S3 service for all of the run."""
    with backing_servers() as started:
        yield started


@pytest.fixture(scope="module")
def backing(servers: BackingServers) -> Backing:
    """What the systems of one module stand on."""
    return servers.backing()


@pytest.fixture(scope="module")
def deployment(backing: Backing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Deployment]]:
    """The system as it is deployed, and its processes."""
    with deployed(backing, tmp_path_factory.mktemp("deployed")) as started:
        yield started


@pytest.fixture(scope="module", params=["deployed", "up"])
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The system in each of its forms."""
    if request.param == "deployed":
        yield request.getfixturevalue("deployment")[0]
        return
    with local_system(tmp_path_factory.mktemp("data")) as started:
        yield started
