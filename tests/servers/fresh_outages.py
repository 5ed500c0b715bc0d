"""Resets what the process knows about outages, for tests of what is logged about them."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from imagejobs.connections.outages import OUTAGES


@pytest.fixture
def fresh_outages() -> Iterator[None]:
    """Forget the outages of earlier tests: a second outage within a minute is not logged."""
    with patch.object(OUTAGES, "_by_service", {}):
        yield


def about_outages(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The log messages about outages."""
    return [record.getMessage() for record in caplog.records if record.name == "imagejobs.connections.outages"]
