"""What clients do with events: create, read, change, add images, delete."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from datetime import datetime, timedelta
from functools import partial

from imagejobs.errors import DuplicateKey
from imagejobs.events.deletion import EventDeletion
from imagejobs.events.errors import EventNotFound
from imagejobs.events.keyed_request import KeyedRequest, keyed_request
from imagejobs.events.model import Event, EventFields, EventWithJobs
from imagejobs.events.repository import EventRepository
from imagejobs.fail_points import reach
from imagejobs.jobs.errors import JobNotFound
from imagejobs.jobs.model import EntityType, ImageJob
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.records.cursor import first_page
from imagejobs.jobs.service import ImageJobs
from imagejobs.times import isoformat

_EVENT_ID = re.compile("[0-9a-f]{24}")


class Events:
    """The use cases of events.

    A request with an idempotency key may be repeated, also at the same time: it is carried out once, and each
    repetition returns the same event. A repetition also completes what a failure or a crash left undone. Another
    request with the same key raises IdempotencyKeyReused.

    An event may be deleted at any moment. A request that adds images checks that the event still exists after it has
    recorded them, and the deletion looks for images after it has removed the event: one of them notices the other.
    """

    def __init__(self, repository: EventRepository, jobs: ImageJobs, taken_over_after: timedelta) -> None:
        self._repository = repository
        self._jobs = jobs
        self._deletion = EventDeletion(repository, jobs, taken_over_after)

    def create(self, fields: EventFields, images: Sequence[NewImage], key: str | None = None) -> EventWithJobs:
        """Record the event, then accept its images. If an image is refused, the event is removed again."""
        request = _request(key, None, fields, images)
        if request and (earlier := self._created_earlier(request)):
            return self._completed(earlier, images, request)
        event_id = self._repository.new_id()
        try:
            event = self._repository.new_event(event_id, fields, request)
            reach("events.recorded")
            return self._completed(event, images, request)
        except DuplicateKey:
            return self.create(fields, images, key)
        except BaseException:
            self._jobs.refused.undo(f"event {event_id}", partial(self._deletion.undo, event_id))
            raise

    def change(
        self, event_id: str, fields: EventFields, images: Sequence[NewImage], key: str | None = None
    ) -> EventWithJobs:
        """Add images, then replace the fields that are given. If that fails, the images are removed again.

        Raises EventNotFound.
        """
        request = _request(key, event_id, fields, images)
        earlier = self.get(event_id)
        if request and _is_carried_out(earlier.event, request):
            return earlier
        accepted = self._accept(event_id, images, request)
        reach("events.images_recorded")
        try:
            event = self._repository.change(event_id, fields, request)
        except BaseException:
            self._jobs.refused.remove(accepted)
            raise
        if event is None:
            self._discard(event_id, accepted)
            raise EventNotFound(event_id)
        jobs = {job.id: job for job in [*earlier.jobs, *accepted]}
        return EventWithJobs(event, [jobs[each] for each in sorted(jobs)], accepted)  # nothing that could fail now

    def add_image(self, event_id: str, image: NewImage, key: str | None = None) -> ImageJob:
        """Accept one image of an event. Raises EventNotFound; then nothing of the image is left."""
        if not _EVENT_ID.fullmatch(event_id) or self._repository.get(event_id) is None:
            raise EventNotFound(event_id)
        jobs = self._jobs.create(EntityType.EVENT, event_id, [image], key)
        reach("events.images_recorded")
        try:
            event = self._repository.get(event_id)
        except BaseException:
            self._jobs.refused.remove(jobs)
            raise
        if event is None:
            self._discard(event_id, jobs)
            raise EventNotFound(event_id)
        return jobs[0]

    def delete(self, event_id: str) -> None:
        """Delete the event, its jobs and their objects. Raises EventNotFound, BackingServiceUnavailable."""
        self._deletion.delete(event_id)

    def get(self, event_id: str) -> EventWithJobs:
        """The event with its jobs. Raises EventNotFound."""
        event = self._repository.get(event_id)
        if event is None:
            raise EventNotFound(event_id)
        return self._with_jobs([event])[0]

    def page(self, before: str | None, limit: int) -> tuple[Sequence[EventWithJobs], str | None]:
        """A page of events, newest first, and the cursor of the next page, if there is one."""
        events, cursor = first_page(self._repository.page(before, limit + 1), limit)
        return self._with_jobs(events), cursor

    def _created_earlier(self, request: KeyedRequest) -> Event | None:
        event = self._repository.repeated(request)
        if event is None and (other := self._repository.find_by_key(request.key)):
            request.require_same(other.created_by.fingerprint if other.created_by else "", other.id)
        return event

    def _completed(self, event: Event, images: Sequence[NewImage], request: KeyedRequest | None) -> EventWithJobs:
        """The recorded event with its images. A deletion in between counts as one after the creation."""
        if request and _is_carried_out(event, request):
            return self._with_jobs([event])[0]
        jobs = self._accept(event.id, images, request)
        reach("events.images_recorded")
        if request:
            self._repository.mark_carried_out(event.id, request)
        if images and self._repository.get(event.id) is None:
            self._discard(event.id, jobs)
        return EventWithJobs(event, jobs, jobs)

    def _accept(self, event_id: str, images: Sequence[NewImage], request: KeyedRequest | None) -> list[ImageJob]:
        key = request.images_key(event_id) if request else None
        return self._jobs.create(EntityType.EVENT, event_id, images, key) if images else []

    def _discard(self, event_id: str, jobs: Sequence[ImageJob]) -> None:
        """Delete the images of an event that is gone. No request keeps them, not even one with the same key."""
        for job in jobs:
            self._jobs.refused.undo(f"an image of the deleted event {event_id}", partial(self._delete_job, job.id))

    def _delete_job(self, job_id: str) -> None:
        with suppress(JobNotFound):
            self._jobs.delete(job_id)

    def _with_jobs(self, events: Sequence[Event]) -> list[EventWithJobs]:
        jobs = self._jobs.of_entities(EntityType.EVENT, [event.id for event in events]) if events else []
        return [EventWithJobs(event, [job for job in jobs if job.entity_id == event.id]) for event in events]


def _request(
    key: str | None, event_id: str | None, fields: EventFields, images: Sequence[NewImage]
) -> KeyedRequest | None:
    if key is None:
        return None
    said = [isoformat(each) if isinstance(each, datetime) else each for each in astuple(fields)]
    return keyed_request(key, event_id, *said, images=[image.sha256 for image in images])


def _is_carried_out(event: Event, request: KeyedRequest) -> bool:
    """Raises IdempotencyKeyReused."""
    fingerprint = event.carried_out.get(request.id)
    if fingerprint is not None:
        request.require_same(fingerprint, event.id)
    return fingerprint is not None
