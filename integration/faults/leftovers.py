"""What a settled system must not have: waiting messages, messages of unfinished jobs, and orphaned objects."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import redis
from imagejobs.dispatch.broker import waiting_key
from imagejobs.storage.keys import is_rendition_of, output_key

from faults.history import State

LIST = "task_queue"
PREFIX = "optimized/"
QUEUES = tuple(waiting_key(name, "") for name in ("image_jobs", "image_jobs.DQ"))


@dataclass(frozen=True, slots=True)
class Message:
    """A message in Redis. If it does not wait on a list, a process holds it, which may be dead."""

    place: str
    job_id: str | None
    waits: bool


def messages(client: "redis.Redis") -> list[Message]:
    """Every message on the list, in the processing lists and in Dramatiq's queues. Raises RedisError."""
    processing = [key.decode() for key in client.scan_iter(f"{LIST}:processing:*")]
    found = [Message(key, _listed(raw), key == LIST) for key in [LIST, *processing] for raw in _all(client, key)]
    for queue in QUEUES:
        waiting = set(_all(client, queue))
        bodies = cast("dict[bytes, bytes]", client.hgetall(f"{queue}.msgs"))
        found += [Message(queue, _enqueued(body), name in waiting) for name, body in bodies.items()]
    return found


def stranded(found: Iterable[Message], records: Mapping[str, State]) -> Iterator[str]:
    """No message waits, and a process holds messages only of jobs that have ended or were deleted."""
    for message in found:
        record = records.get(message.job_id or "")
        if message.waits:
            yield f"a message of job {message.job_id} is still waiting in {message.place}"
        elif record is not None and not record.has_ended:
            yield f"a message of job {message.job_id}, which is {record.status}, is still in {message.place}"


def orphans(keys: Iterable[str], records: Mapping[str, State]) -> Iterator[str]:
    """After a sweep each object is a job's source, a recorded result, or a possible result of a job not COMPLETED."""
    sources = {record.source_key for record in records.values()}
    results = {key for record in records.values() for key in record.sizes}
    expected = {output_key(record.source_key, PREFIX) for record in records.values() if record.status != "COMPLETED"}
    for key in keys:
        if key not in sources | results and not any(is_rendition_of(key, output) for output in expected):
            yield f"{key} belongs to no job"


def swept_away(keys: Iterable[str], records: Mapping[str, State]) -> Iterator[str]:
    """The sweep deletes no source and no recorded result of a job."""
    there = set(keys)
    for job_id, record in records.items():
        for key in {record.source_key, *record.sizes} - there:
            yield f"{key} of job {job_id}, which is {record.status}, was deleted by the sweep"


def _all(client: "redis.Redis", key: str) -> list[bytes]:
    return cast("list[bytes]", client.lrange(key, 0, -1))


def _listed(raw: bytes) -> str | None:
    return _text(raw, "payload", "imageJobID")


def _enqueued(raw: bytes) -> str | None:
    return _text(raw, "kwargs", "image_job_id")


def _text(raw: bytes, *path: str) -> str | None:
    try:
        value: Any = json.loads(raw)
        for name in path:
            value = value[name]
    except (ValueError, LookupError, TypeError):
        return None
    return str(value)
