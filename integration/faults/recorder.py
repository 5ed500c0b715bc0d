"""Watches MongoDB and records each state of a record that differs from its previous state."""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self

from bson import ObjectId
from imagejobs.jobs.outputs import recorded_sizes
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from faults.history import State

POLL_SECONDS = 0.02
REST = 4
"""The pause between two reads, as a multiple of the last read's duration: it limits the load on the database."""
UNFINISHED = ["PENDING", "PROCESSING", "DELETING"]
TIMEOUT_MS = 2_000


class Recorder:
    """Polls the unfinished records, reads each record once more when it has ended, and can read all of them.

    It polls about every 20 ms, so it may miss states of a job, but every state it reports was in the database.
    """

    def __init__(self, mongodb_uri: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(
            mongodb_uri,
            tz_aware=True,
            serverSelectionTimeoutMS=TIMEOUT_MS,
            socketTimeoutMS=TIMEOUT_MS,
            connectTimeoutMS=TIMEOUT_MS,
        )
        self._records = self._client.get_default_database()["image_jobs"]
        self._lock = threading.Lock()
        self._one_read_at_a_time = threading.Lock()
        self._states: dict[str, list[State]] = {}
        self._watched: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="recorder")
        self._fault: BaseException | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._client.close()

    @property
    def states(self) -> Mapping[str, Sequence[State]]:
        """The observed states of each job, in order."""
        with self._lock:
            if self._fault is not None:
                raise self._fault
            return {job_id: tuple(states) for job_id, states in self._states.items()}

    def look_at(self, job_id: str) -> None:
        """Read one record now. A job that ended between two polls is otherwise never seen."""
        with suppress(PyMongoError):
            self._read({"_id": ObjectId(job_id)})

    def read_all(self) -> Mapping[str, State]:
        """Every record in its current state. Raises PyMongoError."""
        return {state.job_id: state for state in self._read({})}

    def unfinished(self) -> int:
        """The number of records that have not ended. Raises PyMongoError."""
        return self._records.count_documents({"status": {"$in": UNFINISHED}})

    def _watch(self) -> None:
        try:
            took = 0.0
            while not self._over.wait(max(POLL_SECONDS, REST * took)):
                begun = time.monotonic()
                self._look()
                took = time.monotonic() - begun
        except BaseException as fault:  # noqa: BLE001 - raised again when a test reads `states`
            self._fault = fault

    def _look(self) -> None:
        try:
            seen = {state.job_id for state in self._read({"status": {"$in": UNFINISHED}})}
            left = self._watched - seen
            if left:
                self._read({"_id": {"$in": [ObjectId(job_id) for job_id in left]}})
            self._watched = seen
        except PyMongoError:
            self._over.wait(10 * POLL_SECONDS)  # MongoDB is unavailable; the watched jobs stay watched

    def _read(self, query: Mapping[str, Any]) -> list[State]:
        with self._one_read_at_a_time:  # keeps the states in order
            asked_at = time.monotonic()
            documents = list(self._records.find(query))
            read = [_state(document, asked_at, time.monotonic()) for document in documents]
            self._keep(read)
        return read

    def _keep(self, read: Iterable[State]) -> None:
        with self._lock:
            for state in read:
                states = self._states.setdefault(state.job_id, [])
                if not states or not states[-1].seen_again(state):
                    states.append(state)


def _state(document: Mapping[str, Any], asked_at: float, seen_at: float) -> State:
    output_key = document.get("outputImageKey")
    return State(
        job_id=str(document["_id"]),
        status=str(document["status"]),
        attempt=int(document.get("attempt") or 0),
        asked_at=asked_at,
        seen_at=seen_at,
        lost_leases=int(document.get("lostLeases") or 0),
        error_code=document.get("errorCode"),
        source_key=str(document.get("sourceImageKey")),
        source_sha256=document.get("sourceSha256"),
        output_key=output_key,
        sizes=recorded_sizes(output_key, document.get("renditions"), document.get("receipt")) if output_key else {},
        processed_at=document.get("processedAt"),
        updated_at=document.get("updatedAt"),
    )
