"""A process that has not met an outage yet, for tests of what is logged about one."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from imagejobs.connections.outages import OUTAGES


@pytest.fixture
def fresh_outages() -> Iterator[None]:
    """Forget what earlier tests met: a second outage within a minute is not reported."""
    with patch.object(OUTAGES, "_by_service", {}):
        yield


def about_outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged about them."""
    return [record.getMessage() for record in caplog.records if record.name == "imagejobs.connections.outages"]
