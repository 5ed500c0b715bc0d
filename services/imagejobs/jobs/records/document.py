"""How an image job is stored in MongoDB's collection `image_jobs`, and its indexes."""

from mongoengine import (
    BooleanField,
    DateTimeField,
    DictField,
    Document,
    IntField,
    ListField,
    ObjectIdField,
    StringField,
)

from imagejobs.jobs.model import FIELD_NAMES

COLLECTION = "image_jobs"


class ImageJobDocument(Document):  # type: ignore[misc]  # mongoengine has no types
    """The stored form of ImageJob. FIELD_NAMES has the names in the database."""

    meta = {  # noqa: RUF012 - read by mongoengine's metaclass
        "collection": COLLECTION,
        "strict": False,
        "auto_create_index": False,
        "indexes": [
            {"fields": ["entity_type", "entity_id"]},
            {"fields": ["status", "enqueued_at"]},
            {"fields": ["status", "lease_until"]},
            {"fields": ["status", "-processed_at"]},
            {"fields": ["idempotency_key"], "unique": True, "sparse": True},
            {"fields": ["source_image_key"]},
            {"fields": ["output_image_key"]},
            {"fields": ["renditions.key"]},
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
    revision = IntField(db_field=FIELD_NAMES["revision"])
    renditions = ListField(DictField(), db_field=FIELD_NAMES["renditions"], default=None)
    thumb_hash = StringField(db_field=FIELD_NAMES["thumb_hash"])
    dominant_color = StringField(db_field=FIELD_NAMES["dominant_color"])
    receipt = DictField(db_field=FIELD_NAMES["receipt"], default=None)
    source_sha256 = StringField(db_field=FIELD_NAMES["source_sha256"])
    idempotency_key = StringField(db_field=FIELD_NAMES["idempotency_key"])
