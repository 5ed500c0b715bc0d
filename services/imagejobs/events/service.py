"""What clients do with events: create, look, change, add images."""

from collections.abc import Sequence

from imagejobs.events.model import Event, EventFields, EventWithJobs
from imagejobs.events.repository import EventRepository
from imagejobs.jobs.model import EntityType, ImageJob
from imagejobs.jobs.new_image import NewImage
from imagejobs.jobs.service import ImageJobs


class EventNotFound(Exception):
    """There is no event with this id."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"There is no event {event_id}.")


class Events:
    """Events over their repository and the image jobs."""

    def __init__(self, repository: EventRepository, jobs: ImageJobs) -> None:
        self._repository = repository
        self._jobs = jobs

    def create(self, fields: EventFields, images: Sequence[NewImage]) -> EventWithJobs:
        """Record the event, then accept its images; when one cannot be accepted, neither is the event."""
        event = self._repository.new_event(fields)
        try:
            jobs = self._accept(event.id, images)
        except BaseException:
            self._repository.remove(event.id)
            raise
        return EventWithJobs(event, jobs)

    def change(self, event_id: str, fields: EventFields, images: Sequence[NewImage]) -> EventWithJobs:
        """Replace the fields that are said, then add images; repeating a change that failed half-way is harmless.

        Raises EventNotFound.
        """
        event = self._repository.change(event_id, fields)
        if event is None:
            raise EventNotFound(event_id)
        self._accept(event.id, images)
        return self._with_jobs([event])[0]

    def get(self, event_id: str) -> EventWithJobs:
        """The event with its jobs. Raises EventNotFound."""
        event = self._repository.get(event_id)
        if event is None:
            raise EventNotFound(event_id)
        return self._with_jobs([event])[0]

    def page(self, before: str | None, limit: int) -> tuple[Sequence[EventWithJobs], str | None]:
        """A page of events, newest first, and the id to go on from, if there are more."""
        page = self._repository.page(before, limit + 1)
        return self._with_jobs(page[:limit]), page[limit - 1].id if len(page) > limit else None

    def _accept(self, event_id: str, images: Sequence[NewImage]) -> list[ImageJob]:
        return self._jobs.create(EntityType.EVENT, event_id, images) if images else []

    def _with_jobs(self, events: Sequence[Event]) -> list[EventWithJobs]:
        jobs = self._jobs.repository.of_entities(EntityType.EVENT, [event.id for event in events]) if events else []
        return [EventWithJobs(event, [job for job in jobs if job.entity_id == event.id]) for event in events]
