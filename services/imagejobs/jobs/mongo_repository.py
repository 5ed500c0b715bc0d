"""Image jobs in MongoDB's collection `image_jobs`, through mongoengine.

Uses only operations that MongoDB, mongo-java-server and nx-27017 carry out alike: no pipeline updates, no `$expr`, no
date arithmetic on the server. Documents written by others (mongoose's `__v`, unknown fields, the status in lower case
as a legacy worker sent it) are read and left as they are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    IntField,
    ListField,
    ObjectIdField,
    Q,
    StringField,
)

from imagejobs.database import PULL_NOTHING, Database, translated_errors
from imagejobs.jobs.model import FIELD_NAMES, LIVE, EntityType, ImageJob, JobStatus
from imagejobs.jobs.repository import Change, Guard, JobFilter

COUNTERS = ("attempt", "lost_leases")


class ImageJobDocument(Document):  # type: ignore[misc]  # mongoengine has no types
    """The stored form of ImageJob; the names in the database are FIELD_NAMES'."""

    meta = {  # noqa: RUF012 - read by mongoengine's metaclass
        "collection": "image_jobs",
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["entity_type", "entity_id"]},
            {"fields": ["status", "enqueued_at"]},
            {"fields": ["status", "lease_until"]},
            {"fields": ["status", "-processed_at"]},
            {"fields": ["idempotency_key"], "unique": True, "sparse": True},
        ],
    }
    id = ObjectIdField(primary_key=True)
    entity_type = StringField(db_field=FIELD_NAMES["entity_type"])
    entity_id = StringField(db_field=FIELD_NAMES["entity_id"])
    source_image_url = StringField(db_field=FIELD_NAMES["source_image_url"])
    source_image_key = StringField(db_field=FIELD_NAMES["source_image_key"])
    output_image_url = StringField(db_field=FIELD_NAMES["output_image_url"])
    output_image_key = StringField(db_field=FIELD_NAMES["output_image_key"])
    status = StringField(db_field=FIELD_NAMES["status"])
    error_msg = StringField(db_field=FIELD_NAMES["error_msg"])
    error_code = StringField(db_field=FIELD_NAMES["error_code"])
    retryable = BooleanField(db_field=FIELD_NAMES["retryable"])
    original_filename = StringField(db_field=FIELD_NAMES["original_filename"])
    mimetype = StringField(db_field=FIELD_NAMES["mimetype"])
    file_size = IntField(db_field=FIELD_NAMES["file_size"])
    created_at = DateTimeField(db_field=FIELD_NAMES["created_at"])
    updated_at = DateTimeField(db_field=FIELD_NAMES["updated_at"])
    processed_at = DateTimeField(db_field=FIELD_NAMES["processed_at"])
    enqueued_at = DateTimeField(db_field=FIELD_NAMES["enqueued_at"])
    started_at = DateTimeField(db_field=FIELD_NAMES["started_at"])
    lease_until = DateTimeField(db_field=FIELD_NAMES["lease_until"])
    attempt = IntField(db_field=FIELD_NAMES["attempt"])
    lost_leases = IntField(db_field=FIELD_NAMES["lost_leases"])
    renditions = ListField(DictField(), db_field=FIELD_NAMES["renditions"], default=None)
    thumb_hash = StringField(db_field=FIELD_NAMES["thumb_hash"])
    dominant_color = StringField(db_field=FIELD_NAMES["dominant_color"])
    receipt = DictField(db_field=FIELD_NAMES["receipt"], default=None)
    source_sha256 = StringField(db_field=FIELD_NAMES["source_sha256"])
    idempotency_key = StringField(db_field=FIELD_NAMES["idempotency_key"])


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

    def change(self, job_id: str, guard: Guard, change: Change) -> ImageJob | None:
        updates: dict[str, Any] = {f"inc__{name}": 1 for name in change.increments}
        for name, value in change.values.items():
            updates[f"unset__{name}" if value is None else f"set__{name}"] = 1 if value is None else value
        with translated_errors():
            document = ImageJobDocument.objects(_guarded(job_id, guard)).modify(
                new=True, __raw__=PULL_NOTHING, **updates
            )
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

    def count_by_status(self) -> Mapping[JobStatus, int]:
        with translated_errors():
            rows = ImageJobDocument.objects.aggregate([{"$group": {"_id": "$status", "count": {"$sum": 1}}}])
            counts: Counter[JobStatus] = Counter()
            for row in rows:
                if (status := str(row["_id"]).upper()) in set(JobStatus):
                    counts[JobStatus(status)] += row["count"]
            return counts

    def last_completed(self, limit: int) -> Sequence[ImageJob]:
        return self._all(_in_status(JobStatus.COMPLETED) & Q(processed_at__exists=True), "-processed_at", limit)

    def pending_since(self, enqueued_before: datetime, limit: int) -> Sequence[ImageJob]:
        overdue = Q(enqueued_at__exists=False) | Q(enqueued_at__lt=enqueued_before)
        return self._all(_in_status(JobStatus.PENDING) & overdue, "enqueued_at", limit)

    def leases_expired(self, now: datetime, unleased_before: datetime, limit: int) -> Sequence[ImageJob]:
        expired = Q(lease_until__lt=now) | Q(lease_until__exists=False, updated_at__lt=unleased_before)
        return self._all(_in_status(JobStatus.PROCESSING) & expired, "lease_until", limit)

    def deleting_since(self, updated_before: datetime, limit: int) -> Sequence[ImageJob]:
        return self._all(Q(status=JobStatus.DELETING, updated_at__lt=updated_before), "updated_at", limit)

    def ping(self) -> None:
        self._database.ping()

    def _first(self, query: Q) -> ImageJob | None:
        return next(iter(self._all(query, "id", 1)), None)

    def _all(self, query: Q, order: str, limit: int | None) -> Sequence[ImageJob]:
        with translated_errors():
            return [_to_job(each) for each in ImageJobDocument.objects(query).order_by(order).limit(limit)]


def create_indexes() -> None:
    """Make the collection's indexes; those that exist are left alone."""
    with translated_errors():
        ImageJobDocument.ensure_indexes()


def _in_status(*wanted: JobStatus) -> Q:
    return Q(status__in=[*wanted, *(status.lower() for status in wanted)])


def _guarded(job_id: str, guard: Guard) -> Q:
    query = Q(pk=ObjectId(job_id)) & _in_status(*guard.status)
    if guard.attempt is not None:
        # A record that another program wrote has no attempt: it counts as 0.
        query &= Q(attempt=guard.attempt) if guard.attempt else Q(attempt__in=[0, None])
    if guard.updated_at is not None:
        query &= Q(updated_at=guard.updated_at)
    return query


def _to_fields(job: ImageJob) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in FIELD_NAMES}
    return {name: value for name, value in values.items() if value is not None} | {"id": ObjectId(job.id)}


def _to_job(document: ImageJobDocument) -> ImageJob:
    values = {name: getattr(document, name) for name in FIELD_NAMES}
    values |= {name: values[name] or 0 for name in COUNTERS}
    values |= {
        "id": str(document.id),
        "entity_type": _entity_type(document.entity_type),
        "status": JobStatus(document.status.upper()),
        "error_msg": document.error_msg or "",
        "renditions": [dict(each) for each in document.renditions] if document.renditions else None,
        "receipt": dict(document.receipt) if document.receipt else None,
    }
    return ImageJob(**values)


def _entity_type(stored: str) -> EntityType:
    """A kind of entity that only another program knows must not keep the others from being listed or mended."""
    return EntityType(stored) if stored in set(EntityType) else EntityType.OTHER
