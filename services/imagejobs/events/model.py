"""An event as it is recorded in the collection `events`, and as it is shown with its images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from imagejobs.events.keyed_request import KeyedRequest
from imagejobs.jobs.model import ImageJob, JobStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFields:
    """What clients may set in an event. None means not given."""

    name: str | None = None
    community: str | None = None
    date: datetime | None = None
    tutor_type: str | None = None
    tutor_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One document of the collection `events`. Its images are not in it: they are the jobs with its id as entityId.

    `created_by` is the request that created it, if that had a key. `carried_out` has the fingerprint of each request
    with a key that was completed, by the request's id.
    """

    id: str
    fields: EventFields
    created_at: datetime
    updated_at: datetime
    created_by: KeyedRequest | None = None
    carried_out: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class EventWithJobs:
    """An event and all its image jobs, oldest first. `accepted` are the jobs that this call added."""

    event: Event
    jobs: Sequence[ImageJob]
    accepted: Sequence[ImageJob] = field(default=(), compare=False)

    @property
    def shown(self) -> list[ImageJob]:
        """The jobs whose images a frontend shows: the COMPLETED ones."""
        return [job for job in self.jobs if job.status == JobStatus.COMPLETED]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An event that is being deleted or was deleted within a day: one document of the collection `deleted_events`.

    With `unless_repeated` the event is kept if a repetition of the request that created it was answered with it.
    """

    event_id: str
    begun_at: datetime
    due_at: datetime
    unless_repeated: bool = False
