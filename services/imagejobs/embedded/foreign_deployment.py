"""Whether the Redis and the MongoDB of DATA_DIR belong together: one of the two directories may have been replaced.

Asked by plain sockets, as in probes: `up` forks, so it may have no threads, which MongoDB's driver starts.
"""

from collections.abc import Sequence

from imagejobs.embedded.services.mongodb import DATABASE
from imagejobs.embedded.services.probes import ask_mongodb, redis_text
from imagejobs.settings.settings import Settings


def foreign_deployment(settings: Settings, redis_port: int, mongodb_port: int) -> Sequence[str]:
    """What to tell a person about each mark of another deployment; nothing as long as this one has no id."""
    from imagejobs.deployment import (  # noqa: PLC0415 - only once all is ready: `up` starts sooner without the drivers
        COLLECTION,
        ID_OF_DOCUMENT,
        foreign_marks,
        marks_of,
    )

    own = _deployment_id(mongodb_port, COLLECTION, ID_OF_DOCUMENT)
    found = {mark: text for mark in marks_of(settings) if (text := redis_text(redis_port, mark.key))}
    return foreign_marks(found, own) if own else []


def _deployment_id(mongodb_port: int, collection: str, document: str) -> str | None:
    command = {"find": collection, "filter": {"_id": document}, "limit": 1, "$db": DATABASE}
    batch = ask_mongodb(mongodb_port, command).get("cursor", {}).get("firstBatch", [])
    return str(batch[0]["id"]) if batch else None
