"""An event as it is recorded in the collection `events`, and as it is shown with its images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from imagejobs.jobs.model import ImageJob, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFields:
    """What clients say about an event; None means not said."""

    name: str | None = None
    community: str | None = None
    date: datetime | None = None
    tutor_type: str | None = None
    tutor_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One document of the collection `events`. Its images are not in it: they are found by their entityId."""

    id: str
    fields: EventFields
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class EventWithJobs:
    """An event and every image job of it, oldest first; `accepted` are those that this call added."""

    event: Event
    jobs: Sequence[ImageJob]
    accepted: Sequence[ImageJob] = field(default=(), compare=False)

    @property
    def shown(self) -> list[ImageJob]:
        """The jobs whose images a frontend sees: COMPLETED only."""
        return [job for job in self.jobs if job.status == JobStatus.COMPLETED]
