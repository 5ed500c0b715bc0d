"""What `imagejobs doctor` reports when a replica set has lost its majority. A stand-in gives the answers."""

from typing import Any, cast

import pytest
from imagejobs.cli.checks import Deployment
from imagejobs.cli.checks.database import check_mongodb
from imagejobs.cli.checks.examination import Finding, finding
from imagejobs.cli.discovery import FoundApi
from imagejobs.connections import mongodb
from servers.replica_set_member import replica_set_member
from worlds.memory_api import memory_settings

TIMED_OUT: dict[str, Any] = {
    "code": 64,
    "codeName": "WriteConcernTimeout",
    "errmsg": "waiting for replication timed out",
    "errInfo": {"wtimeout": True},
}
TOO_FEW: dict[str, Any] = {"code": 100, "errmsg": "Not enough data-bearing nodes"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter timeouts in the same order."""
    assert mongodb.WRITE_TIMEOUT_MS < mongodb.SOCKET_TIMEOUT_MS
    monkeypatch.setattr(mongodb, "WRITE_TIMEOUT_MS", 100)
    monkeypatch.setattr(mongodb, "SOCKET_TIMEOUT_MS", 5_000)
    monkeypatch.setitem(cast("Any", mongodb.Database.__init__).__kwdefaults__, "selection_timeout_ms", 300)


def mongodb_finding(uri: str) -> Finding:
    settings = memory_settings(mongodb_uri=uri)
    return finding("mongodb", lambda: check_mongodb(Deployment(settings, FoundApi(settings, {}))))


@pytest.mark.parametrize("error", [TIMED_OUT, TOO_FEW], ids=["a member is down", "too few members"])
def test_a_primary_without_a_majority_is_a_finding_that_says_what_to_start(error: dict[str, Any]) -> None:
    with replica_set_member(is_primary=True, **error) as member:
        result = mongodb_finding(member.uri())
    assert not result.ok
    assert result.text.startswith(
        "MongoDB: a write was not acknowledged by a majority of its members; start the other members of the replica set"
    )


@pytest.mark.parametrize("options", ["replicaSet=rs0", "directConnection=true"])
def test_a_secondary_without_a_primary_is_a_finding_that_says_what_to_start(options: str) -> None:
    with replica_set_member(is_primary=False) as member:
        result = mongodb_finding(member.uri(options))
    assert not result.ok
    assert result.text.startswith(
        "MongoDB: it has no primary, so it takes no writes; start the other members of the replica set"
    )
