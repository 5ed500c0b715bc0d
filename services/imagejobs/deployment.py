"""Finds out whether another deployment uses the same Redis keys.

Two deployments on one Redis take each other's messages, and each discards those of jobs that its own database does not
have. So each database has an id. The API, the reconciler and `doctor` write it beside the keys as a mark, and look for
the mark of another deployment. Workers and the queue adapter have no database and cannot compare.
"""

import logging
import shlex
import threading
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from redis import Redis

from imagejobs.connections.mongodb import Database
from imagejobs.connections.redis import redis_client
from imagejobs.dispatch.broker import dramatiq_namespace
from imagejobs.errors import BackingServiceUnavailable, DuplicateKey
from imagejobs.settings.settings import Settings
from imagejobs.task_queue.redis_errors import translated_errors

logger = logging.getLogger(__name__)

COLLECTION = "deployment"
ID_OF_DOCUMENT = "this"
SOCKET_SECONDS = 3.0
MARK_SECONDS = 24 * 3600
"""How long a mark stays after its deployment has ended. Running processes renew it."""
LOOK_SECONDS = 60.0
RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A key whose value is the id of the deployment that uses the keys beside it, and the setting that names them."""

    key: str
    setting: str
    value: str


def marks_of(settings: Settings) -> Sequence[Mark]:
    """One mark for the keys under the namespace, and one for the list, if messages are put on it."""
    namespace = dramatiq_namespace(settings.redis_namespace)
    own = Mark(f"{namespace}:deployment", "REDIS_NAMESPACE", settings.redis_namespace)
    if settings.enqueue_to != "task_queue":
        return (own,)
    # The name does not contain the namespace: every deployment on this list looks for the same mark.
    return own, Mark(f"{settings.task_queue}:deployment", "TASK_QUEUE", settings.task_queue)


def made_deployment_id(database: Database) -> str:
    """The database's id, created at the first call. If several processes create it at once, one wins."""
    known = known_deployment_id(database)
    if known:
        return known
    with suppress(DuplicateKey):  # another process was first
        database.insert(COLLECTION, {"_id": ID_OF_DOCUMENT, "id": str(uuid.uuid4())})
    return known_deployment_id(database) or ""


def known_deployment_id(database: Database) -> str | None:
    """The database's id; None until a process has created it."""
    document = database.find_one(COLLECTION, {"_id": ID_OF_DOCUMENT})
    return str(document["id"]) if document else None


def claim(client: Redis, marks: Sequence[Mark], own: str) -> None:
    """Write the id to marks that are missing, and renew those that have it."""
    with translated_errors():
        for mark in marks:
            if not client.set(mark.key, own, nx=True, ex=MARK_SECONDS) and _read(client, mark) == own:
                client.expire(mark.key, MARK_SECONDS)


def read_marks(client: Redis, marks: Sequence[Mark]) -> Mapping[Mark, str]:
    """The ids in the marks that exist. Nothing is changed."""
    with translated_errors():
        found = {mark: _read(client, mark) for mark in marks}
    return {mark: value for mark, value in found.items() if value is not None}


def foreign_marks(found: Mapping[Mark, str], own: str) -> list[str]:
    """A message for each mark of another deployment."""
    return [_described(mark, other, own) for mark, other in found.items() if other != own]


class DeploymentWatch:
    """Renews the marks of this deployment once a minute, and warns once of each mark of another one."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._redis_uri = settings.redis_uri
        self._marks = marks_of(settings)
        self._database = database
        self._warned: set[str] = set()

    def start(self, stop: threading.Event) -> None:
        """Start a daemon thread that ends with `stop`."""
        threading.Thread(target=self._run, args=(stop,), name="deployment", daemon=True).start()

    def look(self) -> None:
        """Renew and compare once. Raises BackingServiceUnavailable."""
        own = made_deployment_id(self._database)
        # It looks too rarely to keep a connection.
        with redis_client(self._redis_uri, socket_timeout=SOCKET_SECONDS) as client:
            claim(client, self._marks, own)
            foreign = foreign_marks(read_marks(client, self._marks), own)
        for text in foreign:
            if text not in self._warned:
                logger.warning("%s", text)
        self._warned = set(foreign)

    def _run(self, stop: threading.Event) -> None:
        pause = 0.0
        while not stop.wait(pause):
            pause = LOOK_SECONDS
            try:
                self.look()
            except BackingServiceUnavailable:
                pause = RETRY_SECONDS


def _read(client: Redis, mark: Mark) -> str | None:
    value = cast("bytes | None", client.get(mark.key))
    return None if value is None else value.decode(errors="replace")


def _described(mark: Mark, other: str, own: str) -> str:
    now = f"{mark.setting}={mark.value}" if mark.value else f"{mark.setting} is not set"
    return (
        f"another deployment uses the same Redis keys ({now}): {mark.key!r} is {other}, but the id in this MongoDB is "
        f"{own}. They take each other's messages. Set {mark.setting} to another value in all processes of one of them, "
        "or give it another Redis database in REDIS_URI. If the other deployment is gone, delete its mark: "
        f"redis-cli DEL {shlex.quote(mark.key)}"
    )
