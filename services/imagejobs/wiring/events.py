"""Use cases of events from settings, for the API and the reconciler alike."""

from datetime import timedelta

from imagejobs.events.deletion import EventDeletion
from imagejobs.events.repository import EventRepository
from imagejobs.events.service import Events
from imagejobs.jobs.service import ImageJobs
from imagejobs.settings.settings import Settings


def event_service(repository: EventRepository, jobs: ImageJobs, settings: Settings) -> Events:
    """What clients do with events."""
    return Events(repository, jobs, timedelta(seconds=settings.pending_after))


def event_deletion(repository: EventRepository, jobs: ImageJobs, settings: Settings) -> EventDeletion:
    """What finishes deletions of events."""
    return EventDeletion(repository, jobs, timedelta(seconds=settings.pending_after))
