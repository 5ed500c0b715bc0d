"""Whether the Redis and the MongoDB of DATA_DIR belong together: one of the two directories may have been replaced.

Both are asked through plain sockets, as in `probes`: MongoDB's driver starts threads, and a program that forks, as `up`
does, must not have threads.
"""

from collections.abc import Sequence

from imagejobs.embedded.services.mongodb import DATABASE
from imagejobs.embedded.services.probes import ask_mongodb, redis_text
from imagejobs.settings.settings import Settings


def foreign_deployment(settings: Settings, redis_port: int, mongodb_port: int) -> Sequence[str]:
    """A message for each mark of another deployment; empty as long as this deployment has no id."""
    from imagejobs.deployment import (  # noqa: PLC0415 - imports drivers, without which `up` starts faster
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
