"""Image jobs in MongoDB's collection `image_jobs`, through mongoengine.

Uses only operations that MongoDB, mongo-java-server and nx-27017 carry out alike: no pipeline updates, no `$expr`, no
date arithmetic on the server. Documents written by others (mongoose's `__v`, unknown fields, the status in lower case
as a legacy worker sent it) are read and left as they are.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import Q

from imagejobs.connections.mongodb import Database, translated_errors
from imagejobs.connections.nx27017 import modify, one_of
from imagejobs.jobs.model import FIELD_NAMES, LIVE, EntityType, ImageJob, JobStatus
from imagejobs.jobs.records.change import Guard, Transition
from imagejobs.jobs.records.document import COLLECTION, ImageJobDocument
from imagejobs.jobs.records.port import JobFilter

COUNTERS = ("attempt", "lost_leases", "revision")
TEXTS = ("entity_id", "source_image_url", "source_image_key", "error_msg")
TIMES = ("created_at", "updated_at")
"""Fields that records of other programs may lack. They are read as 0, as empty, and as the time in the record's id."""


class MongoImageJobRepository:
    """Implements ImageJobRepository on a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        return self._database.clock.now()

    def new_id(self) -> str:
        return str(ObjectId())

    def insert(self, job: ImageJob) -> None:
        with translated_errors():
            ImageJobDocument(**_to_fields(job)).save(force_insert=True, validate=False)

    def get(self, job_id: str) -> ImageJob | None:
        return self._first(Q(pk=ObjectId(job_id)))

    def find_by_idempotency_key(self, key: str) -> ImageJob | None:
        return self._first(Q(idempotency_key=key))

    def change(self, job_id: str, transition: Transition) -> ImageJob | None:
        change = transition.change
        updates: dict[str, Any] = {f"inc__{name}": 1 for name in (*change.increments, "revision")}
        for name, value in change.values.items():
            updates[f"unset__{name}" if value is None else f"set__{name}"] = 1 if value is None else value
        document = modify(ImageJobDocument.objects(_guarded(job_id, transition.guard)), **updates)
        return _to_job(document) if document else None

    def remove(self, job_id: str, guard: Guard) -> bool:
        with translated_errors():
            return bool(ImageJobDocument.objects(_guarded(job_id, guard)).delete())

    def page(self, wanted: JobFilter, limit: int) -> Sequence[ImageJob]:
        query = _in_status(*([wanted.status] if wanted.status else LIVE))
        if wanted.entity_type is not None:
            query &= Q(entity_type=wanted.entity_type)
        if wanted.entity_id is not None:
            query &= Q(entity_id=wanted.entity_id)
        if wanted.before is not None:
            query &= Q(pk__lt=ObjectId(wanted.before))
        return self._all(query, "-id", limit)

    def of_entities(self, entity_type: EntityType, entity_ids: Sequence[str]) -> Sequence[ImageJob]:
        query = Q(entity_type=entity_type, entity_id__in=list(entity_ids))
        return self._all(query & _in_status(*LIVE), "id", None)

    def count(self, status: JobStatus) -> int:
        return self._database.count(COLLECTION, _status_query(status))

    def count_by_status(self) -> Mapping[JobStatus, int]:
        counts = {status: self.count(status) for status in JobStatus}  # an aggregation would read every document
        return {status: count for status, count in counts.items() if count}

    def last_completed(self, limit: int) -> Sequence[ImageJob]:
        return self._all(_in_status(JobStatus.COMPLETED) & Q(processed_at__exists=True), "-processed_at", limit)

    # The next three compare times here: a condition on a time beside another makes nx-27017 read every document.

    def pending_since(self, enqueued_before: datetime, limit: int) -> Sequence[ImageJob]:
        oldest = self._all(_in_range(JobStatus.PENDING), "enqueued_at", limit)
        return [job for job in oldest if job.enqueued_at is None or job.enqueued_at < enqueued_before]

    def leases_expired(self, now: datetime, unleased_before: datetime, limit: int) -> Sequence[ImageJob]:
        processing = _in_range(JobStatus.PROCESSING)
        unleased = self._all(processing & Q(lease_until__exists=False), "updated_at", limit)
        leased = self._all(processing & Q(lease_until__exists=True), "lease_until", limit)
        expired = [job for job in unleased if job.updated_at < unleased_before]
        expired += [job for job in leased if job.lease_until is not None and job.lease_until < now]
        return expired[:limit]

    def deleting_since(self, updated_before: datetime, limit: int) -> Sequence[ImageJob]:
        oldest = self._all(_in_range(JobStatus.DELETING), "updated_at", limit)
        return [job for job in oldest if job.updated_at < updated_before]

    def sources_among(self, keys: Sequence[str]) -> AbstractSet[str]:
        found = self._documents(one_of("sourceImageKey", keys), "source_image_key") if keys else ()
        return {document["sourceImageKey"] for document in found}

    def outputs_among(self, output_keys: Sequence[str]) -> AbstractSet[str]:
        fields = ("output_image_key", "renditions")
        found = self._documents(one_of("outputImageKey", output_keys), *fields) if output_keys else ()
        return {key for document in found for key in _output_keys(document)}

    def is_output(self, key: str, source_start: str) -> bool:
        # Not "renditions.key", which nx-27017 0.8 never finds.
        recorded = ({"outputImageKey": key}, {"renditions": {"$elemMatch": {"key": key}}})
        if any(self._documents(each, "id", limit=1) for each in recorded):
            return True
        sources = {"sourceImageKey": {"$gte": source_start, "$lt": _after_all_with(source_start)}}
        found = self._documents(sources, "status")
        return any(str(document.get("status")).upper() != JobStatus.COMPLETED for document in found)

    def completed_after(self, job_id: str | None, limit: int) -> Sequence[ImageJob]:
        query = _in_status(JobStatus.COMPLETED)
        return self._all(query & Q(pk__gt=ObjectId(job_id)) if job_id else query, "id", limit)

    def ping(self) -> None:
        self._database.ping()

    def _first(self, query: Q) -> ImageJob | None:
        return next(iter(self._all(query, "id", 1)), None)

    def _all(self, query: Q, order: str, limit: int | None) -> Sequence[ImageJob]:
        with translated_errors():
            return [_to_job(each) for each in ImageJobDocument.objects(query).order_by(order).limit(limit)]

    def _documents(self, query: Mapping[str, Any], *fields: str, limit: int | None = None) -> list[dict[str, Any]]:
        """The stored documents that a query finds, with these fields only."""
        with translated_errors():
            return list(ImageJobDocument.objects(__raw__=query).only(*fields).limit(limit).as_pymongo())


def create_indexes() -> None:
    """Create the indexes of the collection that do not exist yet."""
    with translated_errors():
        ImageJobDocument.ensure_indexes()


def _in_status(*wanted: JobStatus) -> Q:
    return Q(status__in=[*wanted, *(status.lower() for status in wanted)])


def _in_range(status: JobStatus) -> Q:
    """As `_in_status`, with the bounds of `one_of`."""
    return Q(__raw__=_status_query(status))


def _status_query(status: JobStatus) -> dict[str, Any]:
    return one_of("status", (status, status.lower()))


def _after_all_with(start: str) -> str:
    """The first string that sorts after every string with this start."""
    return start[:-1] + chr(ord(start[-1]) + 1)


def _output_keys(document: Mapping[str, Any]) -> set[str]:
    renditions = [each for each in document.get("renditions") or () if isinstance(each, Mapping)]
    return {document["outputImageKey"], *(each["key"] for each in renditions if "key" in each)}


def _guarded(job_id: str, guard: Guard) -> Q:
    query = Q(pk=ObjectId(job_id)) & _in_status(*guard.status)
    if guard.attempt is not None:
        query &= _counted("attempt", guard.attempt)
    if guard.revision is not None:
        query &= _counted("revision", guard.revision)
    return query


def _counted(name: str, count: int) -> Q:
    """Records of other programs have no counters. A missing counter is 0."""
    return Q(**{name: count}) if count else Q(**{f"{name}__in": [0, None]})


def _to_fields(job: ImageJob) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in FIELD_NAMES}
    return {name: value for name, value in values.items() if value is not None} | {"id": ObjectId(job.id)}


def _to_job(document: ImageJobDocument) -> ImageJob:
    values = {name: getattr(document, name) for name in FIELD_NAMES}
    values |= {name: values[name] or 0 for name in COUNTERS}
    values |= {name: values[name] or "" for name in TEXTS}
    values |= {name: values[name] or document.id.generation_time for name in TIMES}
    values |= {
        "id": str(document.id),
        "entity_type": _entity_type(document.entity_type),
        "status": JobStatus(document.status.upper()),
        "renditions": [dict(each) for each in document.renditions] if document.renditions else None,
        "receipt": dict(document.receipt) if document.receipt else None,
    }
    return ImageJob(**values)


def _entity_type(stored: str) -> EntityType:
    """OTHER for an entity type of another program: such a record must not prevent that jobs are listed and repaired."""
    return EntityType(stored) if stored in set(EntityType) else EntityType.OTHER
