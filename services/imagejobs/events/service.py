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
        event_id = self._repository.new_id()
        try:
            event = self._repository.new_event(event_id, fields)
            jobs = self._accept(event_id, images)
        except BaseException:
            self._jobs.refused.undo(f"event {event_id}", lambda: self._repository.remove(event_id))
            raise
        return EventWithJobs(event, jobs, jobs)

    def change(self, event_id: str, fields: EventFields, images: Sequence[NewImage]) -> EventWithJobs:
        """Add images, then replace the fields that are said; when that fails, the images are not accepted either.

        Raises EventNotFound.
        """
        earlier = self.get(event_id).jobs
        accepted = self._accept(event_id, images)
        try:
            event = self._changed(event_id, fields)
        except BaseException:
            self._jobs.refused.take_back(accepted)
            raise
        return EventWithJobs(event, [*earlier, *accepted], accepted)  # nothing is asked that could fail now

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

    def _changed(self, event_id: str, fields: EventFields) -> Event:
        event = self._repository.change(event_id, fields)
        if event is None:
            raise EventNotFound(event_id)
        return event

    def _accept(self, event_id: str, images: Sequence[NewImage]) -> list[ImageJob]:
        return self._jobs.create(EntityType.EVENT, event_id, images) if images else []

    def _with_jobs(self, events: Sequence[Event]) -> list[EventWithJobs]:
        jobs = self._jobs.repository.of_entities(EntityType.EVENT, [event.id for event in events]) if events else []
        return [EventWithJobs(event, [job for job in jobs if job.entity_id == event.id]) for event in events]
