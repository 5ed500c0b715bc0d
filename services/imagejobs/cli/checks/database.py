"""MongoDB."""

from imagejobs.cli.checks import Deployment


def check_mongodb(deployment: Deployment) -> str:
    """How many jobs there are."""
    from imagejobs.database import Database
    from imagejobs.jobs.mongo_repository import MongoImageJobRepository

    database = Database(deployment.settings.mongodb_uri)
    try:
        counts = MongoImageJobRepository(database).count_by_status()
    finally:
        database.close()
    return "answers; " + (", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "no jobs yet")
