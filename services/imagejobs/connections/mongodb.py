"""The connection to MongoDB that all repositories of a process share, and the translation of its errors."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import mongoengine
from mongoengine.connection import ConnectionFailure
from mongoengine.errors import NotUniqueError, OperationError
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, NotPrimaryError, OperationFailure, PyMongoError

from imagejobs.connections.outages import OUTAGES
from imagejobs.connections.server_clock import ServerClock
from imagejobs.errors import ConfigurationError, DatabaseUnavailable, DuplicateKey

SELECTION_TIMEOUT_MS = 3_000
SOCKET_TIMEOUT_MS = 10_000
WRITE_TIMEOUT_MS = 8_000
"""How long a majority may take to acknowledge a write. Shorter than SOCKET_TIMEOUT_MS, so that the answer is read."""
NO_PRIMARY = "it has no primary, so it takes no writes"
NO_MAJORITY = "a write was not acknowledged by a majority of its members"
_REFUSALS = {
    13: "its user may not read and write this database",
    18: "it refuses the user name or the password",
    64: NO_MAJORITY,  # WriteConcernTimeout, before 8.0 WriteConcernFailed
    91: "it is shutting down",
    100: NO_MAJORITY,  # UnsatisfiableWriteConcern
    189: NO_PRIMARY,  # PrimarySteppedDown, while a write waited for its majority
    8000: "it refuses the user name or the password",  # MongoDB Atlas
    10107: NO_PRIMARY,  # NotWritablePrimary
    11600: "it is shutting down",
    11602: NO_PRIMARY,  # InterruptedDueToReplStateChange, as 189
}
"""Explanations by the server's error code; MongoDB's source lists the codes in src/mongo/base/error_codes.yml."""
_NO_PRIMARY_SELECTED = ("No primary available", 'match selector "Primary()"')
"""The driver's messages when members answer but none of them is the primary: after a write, and after a read."""


class Database:
    """One MongoDB database, `mongodb://host:port/name`. It connects at its first command.

    The servers of a `mongodb+srv://` URI are looked up at once. Raises DatabaseUnavailable if the DNS lookup fails, and
    ConfigurationError for a URI that cannot be used.
    """

    def __init__(self, uri: str, *, selection_timeout_ms: int = SELECTION_TIMEOUT_MS) -> None:
        with _uri_errors_translated(uri):
            self._client: MongoClient[dict[str, Any]] = mongoengine.connect(
                host=uri,
                tz_aware=True,
                uuidRepresentation="standard",
                appname="image-jobs",
                serverSelectionTimeoutMS=selection_timeout_ms,
                connectTimeoutMS=selection_timeout_ms,
                # The driver opens two connections at a time; each caller waits for all callers before it.
                waitQueueTimeoutMS=selection_timeout_ms,
                socketTimeoutMS=SOCKET_TIMEOUT_MS,
                w="majority",
                wTimeoutMS=WRITE_TIMEOUT_MS,
            )
        self.clock = ServerClock(self._server_time)

    def ping(self) -> None:
        """Return if the server answers. Raises DatabaseUnavailable."""
        with translated_errors():
            self._client.admin.command("ping")

    def count(self, collection: str, query: Mapping[str, Any]) -> int:
        """The number of documents that match, by the `count` command: nx-27017 aggregates without an index."""
        with translated_errors():
            answer = self._client.get_default_database().command("count", collection, query=query)
            return int(answer["n"])

    def try_out(self, collection: str) -> None:
        """Write and read a document, then drop the collection. Only for a collection that nothing else uses.

        Raises DatabaseUnavailable.
        """
        documents = self._client.get_default_database()[collection]
        with translated_errors():
            try:
                documents.insert_one({"_id": "doctor"})
                if documents.find_one({"_id": "doctor"}) is None:
                    raise DatabaseUnavailable(
                        "a document that was just written is not found; is this server the primary?"
                    )
            finally:
                documents.drop()

    def insert(self, collection: str, document: Mapping[str, Any]) -> None:
        """Add a document. Raises DuplicateKey if its `_id` exists already."""
        with translated_errors():
            self._client.get_default_database()[collection].insert_one(dict(document))

    def find_one(self, collection: str, query: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A document that matches the query; None if there is none."""
        with translated_errors():
            return self._client.get_default_database()[collection].find_one(query)

    def close(self) -> None:
        """Close the connections."""
        mongoengine.disconnect()

    def _server_time(self) -> datetime:
        with translated_errors():
            answer: datetime = self._client.admin.command("hello")["localTime"]
            return answer


@contextmanager
def _uri_errors_translated(uri: str) -> Iterator[None]:
    """Translate the errors of pymongo and mongoengine about a URI to DatabaseUnavailable or ConfigurationError."""
    try:
        yield
    except (PyMongoError, ConnectionFailure, ValueError, OSError) as error:
        reason = " ".join(str(error).split()).removeprefix("Cannot connect to database default : ")
        if uri.startswith("mongodb+srv:"):
            raise DatabaseUnavailable(f"the servers of MONGODB_URI cannot be looked up: {reason}") from error
        raise ConfigurationError(f"MONGODB_URI: {reason}") from error


@contextmanager
def translated_errors() -> Iterator[None]:
    """Translate the errors of pymongo and mongoengine to DuplicateKey or DatabaseUnavailable."""
    with OUTAGES.watched("MongoDB"):
        try:
            yield
        except (DuplicateKeyError, NotUniqueError) as error:
            raise DuplicateKey(str(error)) from error
        except (PyMongoError, OperationError) as error:
            if "UNIQUE constraint failed" in str(error):  # nx-27017 before 0.8 sends no error code
                raise DuplicateKey(str(error)) from error
            raise DatabaseUnavailable(error, _answer_of(error)) from error


def _answer_of(error: Exception) -> str | None:
    """Why MongoDB refused, without addresses or names; None if it did not answer."""
    if isinstance(error, OperationError) and isinstance(error.__cause__, Exception):
        return _answer_of(error.__cause__)
    if isinstance(error, NotPrimaryError) or any(sign in str(error) for sign in _NO_PRIMARY_SELECTED):
        return NO_PRIMARY
    if isinstance(error, OperationFailure):
        return _REFUSALS.get(error.code or 0, "it refuses the command")
    return None
