"""The existing backend's records as mongoose writes them, and the operations that the guide allows on them."""

import io
import json
import mimetypes
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from bson import ObjectId
from bson.errors import InvalidId
from minio import Minio
from pymongo import MongoClient, ReturnDocument
from redis import Redis

STATUSES = ("PENDING", "PROCESSING", "COMPLETED", "FAILED")
UPDATABLE = ("status", "outputImageURL", "outputImageKey", "errorMsg")
"""The fields of a PATCH that are in the mongoose schema; mongoose drops all others."""
PULL_NOTHING = {"$pull": {"neverThere": None}}
"""An update that changes nothing. Without it nx-27017 would store the dates of the same update as text."""

Document = dict[str, Any]


class Refused(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def now() -> datetime:
    return datetime.now(UTC)


def object_id(text: str) -> ObjectId:
    try:
        return ObjectId(text)
    except InvalidId:
        raise Refused(400, f'Cast to ObjectId failed for value "{text}"') from None


class Records:
    """The operations of the guide's services, on MongoDB, Redis and R2."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        database = MongoClient[Document](settings["MONGODB_URI"], tz_aware=True).get_default_database()
        self._jobs = database["image_jobs"]
        self._events = database["events"]
        self._queue = Redis.from_url(settings["REDIS_URI"])
        endpoint = urlsplit(settings["R2_ENDPOINT"])
        self._r2 = Minio(
            endpoint.netloc,
            access_key=settings["R2_ACCESS_KEY_ID"],
            secret_key=settings["R2_SECRET_ACCESS_KEY"],
            region=settings["R2_REGION"],
            secure=endpoint.scheme == "https",
        )
        self._bucket = settings["R2_BUCKET"]
        self._public_url = settings["R2_PUBLIC_URL"]

    def create_event(self, fields: Mapping[str, str], images: list[tuple[str, bytes]]) -> Document:
        event_id = ObjectId()
        event = {
            "_id": event_id,
            "name": fields["name"],
            "community": fields["community"],
            "date": datetime.fromisoformat(fields["date"]).replace(tzinfo=UTC),
            "tutor": {"type": fields["tutor[type]"], "name": fields["tutor[name]"]},
            "imageJobIds": [self._create_job(str(event_id), name, content) for name, content in images],
            "createdAt": now(),
            "updatedAt": now(),
            "__v": 0,
        }
        self._events.insert_one(event)
        return self.event(str(event_id))

    def _create_job(self, entity_id: str, filename: str, content: bytes) -> ObjectId:
        mimetype = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        key = f"raw/{time.time_ns() // 1_000_000}-{secrets.token_hex(6)}{PurePosixPath(filename).suffix}"
        self._r2.put_object(self._bucket, key, io.BytesIO(content), len(content), mimetype)
        job = {
            "_id": ObjectId(),
            "entityType": "event",
            "entityId": entity_id,
            "sourceImageURL": f"{self._public_url}/{key}",
            "sourceImageKey": key,
            "status": "PENDING",
            "errorMsg": "",
            "originalFilename": filename,
            "mimetype": mimetype,
            "fileSize": len(content),
            "createdAt": now(),
            "updatedAt": now(),
            "__v": 0,
        }
        self._jobs.insert_one(job)
        self._push(job["_id"])
        return ObjectId(str(job["_id"]))

    def event(self, event_id: str) -> Document:
        event: Document | None = self._events.find_one({"_id": object_id(event_id)})
        if event is None:
            raise Refused(404, "Event not found")
        jobs = self._jobs.find({"_id": {"$in": event["imageJobIds"]}})
        # The guide's code compares with "completed", but its example shows COMPLETED: accept both.
        done = [job for job in jobs if job["status"].lower() == "completed"]
        images = [{"id": job["_id"], "url": job["outputImageURL"], "status": job["status"]} for job in done]
        return {**event, "images": images}

    def job(self, job_id: str) -> Document:
        job: Document | None = self._jobs.find_one({"_id": object_id(job_id)})
        if job is None:
            raise Refused(404, "Image job not found")
        return job

    def jobs_of(self, entity_type: str, entity_id: str) -> list[Document]:
        return list(self._jobs.find({"entityType": entity_type, "entityId": entity_id}))

    def update_status(self, job_id: str, said: Document) -> Document:
        """Any transition is allowed, and the last update wins."""
        if said.get("status") not in STATUSES:
            raise Refused(400, "Invalid status")
        values = {name: said[name] for name in UPDATABLE if name in said} | {"updatedAt": now()}
        if said["status"] in {"COMPLETED", "FAILED"}:
            values["processedAt"] = now()
        return self._set(job_id, values)

    def retry(self, job_id: str) -> Document:
        job = self._set(job_id, {"status": "PENDING", "errorMsg": "", "updatedAt": now()})
        self._push(job["_id"])
        return job

    def delete(self, job_id: str) -> Document:
        job = self.job(job_id)
        for key in (job["sourceImageKey"], job.get("outputImageKey")):
            if key:
                self._r2.remove_object(self._bucket, key)
        self._jobs.delete_one({"_id": job["_id"]})
        return {"_id": job["_id"]}

    def _set(self, job_id: str, values: Document) -> Document:
        job: Document | None = self._jobs.find_one_and_update(
            {"_id": object_id(job_id)}, {"$set": values, **PULL_NOTHING}, return_document=ReturnDocument.AFTER
        )
        if job is None:
            raise Refused(404, "Image job not found")
        return job

    def _push(self, job_id: Any) -> None:
        message = {"task_type": "process_image", "payload": {"imageJobID": str(job_id)}}
        self._queue.lpush("task_queue", json.dumps(message, separators=(",", ":")))
