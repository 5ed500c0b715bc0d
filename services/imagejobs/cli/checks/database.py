"""MongoDB."""

import secrets
from contextlib import closing

from imagejobs.cli.checks import Deployment
from imagejobs.errors import ConfigurationError, DatabaseUnavailable


def check_mongodb(deployment: Deployment) -> str:
    """How many jobs there are, once a document was written with majority, read back and removed."""
    from imagejobs.connections.mongodb import Database
    from imagejobs.jobs.records.mongo import MongoImageJobRepository

    with closing(Database(deployment.settings.mongodb_uri)) as database:
        counts = MongoImageJobRepository(database).count_by_status()
        try:
            database.try_out(f"doctor_{secrets.token_hex(6)}")
        except DatabaseUnavailable as error:
            raise ConfigurationError(
                f"MongoDB does not confirm a write by a majority: {error}; its user needs the role readWrite on the "
                "database of MONGODB_URI, and a majority of its members must be up"
            ) from error
    jobs = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no jobs yet"
    return f"wrote (by majority) and read; {jobs}"
