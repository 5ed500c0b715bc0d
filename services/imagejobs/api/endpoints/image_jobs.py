"""The endpoints of image jobs, without the status reports of workers (status_reports.py)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from imagejobs.api.binding.call import Call, Reply
from imagejobs.api.binding.endpoint import Endpoint, Uses
from imagejobs.api.binding.errors import ApiError
from imagejobs.api.endpoints.addresses import Addresses
from imagejobs.api.endpoints.json_forms import job_to_json, waiting_note
from imagejobs.api.endpoints.uploads import Uploads
from imagejobs.contract.violations import Violation
from imagejobs.events.errors import EventNotFound
from imagejobs.events.service import Events
from imagejobs.jobs.model import EntityType, ImageJob, JobStatus
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.records.port import JobFilter
from imagejobs.jobs.service import ImageJobs
from imagejobs.jobs.stores import Stores

STATS_SAMPLE = 1_000
SHOWN_STATUSES = (JobStatus.PENDING, JobStatus.PROCESSING, JobStatus.COMPLETED, JobStatus.FAILED)


@dataclass(frozen=True, slots=True)
class ImageJobEndpoints:
    """Each public method but `by_operation` answers one operation of the contract."""

    jobs: ImageJobs
    events: Events
    stores: Stores
    uploads: Uploads
    addresses: Addresses

    def by_operation(self) -> Mapping[str, Endpoint]:
        """operationId to endpoint."""
        return {
            "createImageJob": Endpoint(self.create, Uses.STORAGE),
            "listImageJobs": Endpoint(self.page, Uses.RECORDS),
            "getImageJobStats": Endpoint(self.stats, Uses.RECORDS),
            "getImageJob": Endpoint(self.get, Uses.RECORDS),
            "retryImageJob": Endpoint(self.retry, Uses.RECORDS),
            "deleteImageJob": Endpoint(self.delete, Uses.STORAGE),
        }

    def create(self, call: Call) -> Reply:
        image = self.uploads.accept(call.form.files["image"][0], "image")
        entity_type = EntityType(call.form.texts["entityType"])
        job = self._created(entity_type, call.form.texts["entityId"], image, call.params["Idempotency-Key"])
        headers = {"Location": f"/api/image-jobs/{job.id}"}
        return Reply(self._shown(job), 201, headers, message=None if job.attempt else waiting_note([job]))

    def _created(self, entity_type: EntityType, entity_id: str, image: NewImage, key: str | None) -> ImageJob:
        if entity_type != EntityType.EVENT:
            return self.jobs.create(entity_type, entity_id, [image], key)[0]
        try:
            return self.events.add_image(entity_id.lower(), image, key)
        except EventNotFound as error:
            message = f"{error} Create it first, or choose another entityType."
            raise ApiError(422, "event_not_found", message, (Violation("entityId", message),)) from None

    def page(self, call: Call) -> Reply:
        given = call.params
        entity_type = EntityType(given["entityType"]) if given["entityType"] else None
        entity_id = given["entityId"]
        wanted = JobFilter(
            entity_type=entity_type,
            entity_id=entity_id.lower() if entity_id and entity_type == EntityType.EVENT else entity_id,
            status=JobStatus(given["status"]) if given["status"] else None,
            before=given["cursor"],
        )
        jobs, cursor = self.jobs.page(wanted, given["limit"])
        return Reply([self._shown(job) for job in jobs], cursor=cursor)

    def stats(self, call: Call) -> Reply:  # noqa: ARG002 - an endpoint takes a call
        repository = self.stores.repository
        counts = Counter(dict(repository.count_by_status()))
        return Reply(
            {
                "queueLength": self.stores.queue.length(),
                "byStatus": {status.value: counts[status] for status in SHOWN_STATUSES},
                "duration": _durations(list(repository.last_completed(STATS_SAMPLE))),
            }
        )

    def get(self, call: Call) -> Reply:
        return Reply(self._shown(self.jobs.get(call.params["id"])))

    def retry(self, call: Call) -> Reply:
        job = self.jobs.retry(call.params["id"])
        return Reply(self._shown(job), message=waiting_note([job]))

    def delete(self, call: Call) -> Reply:
        self.jobs.delete(call.params["id"])
        return Reply({"_id": call.params["id"]})

    def _shown(self, job: ImageJob) -> dict[str, Any]:
        return job_to_json(job, self.addresses)


def _durations(jobs: Sequence[ImageJob]) -> dict[str, int]:
    took = [round((job.processed_at - job.created_at).total_seconds() * 1000) for job in jobs if job.processed_at]
    if not took:
        return {"count": 0}
    cuts = quantiles(took, n=20, method="inclusive") if len(took) > 1 else took * 19
    return {"count": len(took), "p50Ms": max(0, round(cuts[9])), "p95Ms": max(0, round(cuts[18]))}
