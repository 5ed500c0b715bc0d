"""The check of MongoDB."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from imagejobs.cli.checks import Deployment
from imagejobs.errors import ConfigurationError, DatabaseUnavailable

START_MEMBERS = "start the other members of the replica set: a majority of them must be up"
REMEDIES: Mapping[str, str] = {
    "majority": START_MEMBERS,
    "no primary": START_MEMBERS,
    "may not": "give its user the role readWrite on the database of MONGODB_URI",
    "password": "check the user and the password in MONGODB_URI",
}
"""The remedy for each phrase that BackingServiceUnavailable.answer may contain."""


def check_mongodb(deployment: Deployment) -> str:
    """The number of jobs by status, after a document was written by majority, read back and deleted."""
    from imagejobs.connections.mongodb import Database
    from imagejobs.jobs.records.mongo import MongoImageJobRepository

    with closing(Database(deployment.settings.mongodb_uri)) as database, _with_remedy():
        counts = MongoImageJobRepository(database).count_by_status()
        database.try_out(f"doctor_{secrets.token_hex(6)}")
    jobs = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no jobs yet"
    return f"wrote (by majority) and read; {jobs}"


@contextmanager
def _with_remedy() -> Iterator[None]:
    """Raise ConfigurationError with the remedy if MongoDB answered that it cannot serve, or refused."""
    try:
        yield
    except DatabaseUnavailable as error:
        if error.answer is None:
            raise
        remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in error.answer), "check MONGODB_URI")
        raise ConfigurationError(f"MongoDB: {error.answer}; {remedy} ({_shortened(error.reason)})") from error


def _shortened(reason: object) -> str:
    """The reason without the driver's description of every member."""
    return str(reason).partition(", Timeout:")[0].partition(", full error:")[0]
