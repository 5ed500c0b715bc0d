"""The driver's exceptions are translated into the errors that the program handles."""

from typing import Any

import mongoengine
import pytest
from imagejobs.connections.mongodb import NO_MAJORITY, NO_PRIMARY, Database, translated_errors
from imagejobs.errors import ConfigurationError, DatabaseUnavailable, DuplicateKey
from mongoengine.errors import NotUniqueError, OperationError
from pymongo.errors import (
    AutoReconnect,
    DuplicateKeyError,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteConcernError,
    WTimeoutError,
)
from pymongo.errors import ConfigurationError as DriverConfigurationError

TOPOLOGY = "Timeout: 3.0s, Topology Description: <TopologyDescription topology_type: ReplicaSetNoPrimary, servers: []>"


@pytest.mark.parametrize(
    "error",
    [
        DuplicateKeyError("E11000 duplicate key error"),
        NotUniqueError("Tried to save duplicate unique keys"),
        OperationError("Could not save document (UNIQUE constraint failed: image_jobs.key)"),
    ],
)
def test_each_servers_word_for_a_key_that_is_there_already_is_one(error: Exception) -> None:
    with pytest.raises(DuplicateKey) as caught, translated_errors():
        raise error
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    "error", [ServerSelectionTimeoutError("no server"), AutoReconnect("closed"), OperationError("not primary")]
)
def test_everything_else_of_the_driver_is_an_outage(error: Exception) -> None:
    with pytest.raises(DatabaseUnavailable, match=str(error)) as caught, translated_errors():
        raise error
    assert caught.value.__cause__ is error


def test_a_fault_in_the_program_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), translated_errors():
        raise ZeroDivisionError


def test_servers_that_the_dns_does_not_know_are_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(**_: Any) -> None:
        raise DriverConfigurationError("The DNS query name does not exist: _mongodb._tcp.x.invalid.")

    monkeypatch.setattr(mongoengine, "connect", unknown)
    with pytest.raises(DatabaseUnavailable, match=r"servers of MONGODB_URI cannot be looked up: .*x\.invalid"):
        Database("mongodb+srv://u:p@x.invalid/y")


def test_an_address_that_cannot_be_used_is_reported_in_one_line() -> None:
    with pytest.raises(ConfigurationError, match=r"^MONGODB_URI: A password is required$"):
        Database("mongodb://u@127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationFailure("Authentication failed.", 18), "it refuses the user name or the password"),
        (OperationFailure("not authorized on image_jobs", 13), "its user may not read and write this database"),
        (OperationFailure("unforeseen", 1), "it refuses the command"),
        (NotPrimaryError("not primary"), NO_PRIMARY),
        (ServerSelectionTimeoutError("No primary available for writes"), NO_PRIMARY),
        (ServerSelectionTimeoutError(f'No replica set members match selector "Primary()", {TOPOLOGY}'), NO_PRIMARY),
        (WriteConcernError("Primary stepped down while waiting for replication", 189), NO_PRIMARY),
        (WriteConcernError("operation was interrupted", 11602), NO_PRIMARY),
        (WTimeoutError("waiting for replication timed out", 64, {"errInfo": {"wtimeout": True}}), NO_MAJORITY),
        (WriteConcernError("Not enough data-bearing nodes", 100), NO_MAJORITY),
        (WriteConcernError("Replication is being shut down", 91), "it is shutting down"),
        (ServerSelectionTimeoutError(f"10.0.0.1:27017: [Errno 111] Connection refused, {TOPOLOGY}"), None),
        (ServerSelectionTimeoutError("10.0.0.1:27017: [Errno 111] Connection refused"), None),
        (AutoReconnect("10.0.0.1:27017: connection closed"), None),
    ],
)
def test_a_refusal_of_mongodb_is_explained(error: PyMongoError, words: str | None) -> None:
    with pytest.raises(DatabaseUnavailable) as raised, translated_errors():
        raise error
    assert raised.value.answer == words


def test_a_refusal_that_mongoengine_wraps_is_explained_too() -> None:
    with pytest.raises(DatabaseUnavailable) as raised, translated_errors():
        raise OperationError("Could not save document") from OperationFailure("Authentication failed.", 18)
    assert raised.value.answer == "it refuses the user name or the password"
