"""Deletes an event with all its images, and finishes what a crash or an outage cut short."""

from datetime import timedelta

from imagejobs.errors import BackingServiceUnavailable
from imagejobs.events.errors import EventNotFound
from imagejobs.events.model import Tombstone
from imagejobs.events.repository import EventRepository
from imagejobs.fail_points import reach
from imagejobs.jobs.model import EntityType
from imagejobs.jobs.service import ImageJobs

BATCH = 100
LATE_UPLOADS = timedelta(hours=24)
"""An upload that found the event may record its image after the deletion, and die before it finds the event gone.
So the tombstone stays this long, and the event's images are looked for again at its end."""


class EventDeletion:
    """The tombstone is written first, then the event goes, then its jobs. Every step may be repeated.

    A deletion that does not finish within `taken_over_after` is finished by the reconciler.
    """

    def __init__(self, repository: EventRepository, jobs: ImageJobs, taken_over_after: timedelta) -> None:
        self._repository = repository
        self._jobs = jobs
        self._taken_over_after = taken_over_after

    def delete(self, event_id: str) -> None:
        """Delete the event. Once it is gone, again is no error for a day. Raises EventNotFound, StorageUnavailable.

        While storage is unavailable the event and its images are gone at once, and the reconciler deletes the objects.
        """
        if self._repository.get(event_id) is None and self._is_unknown(event_id):
            raise EventNotFound(event_id)
        self._bury_and_finish(event_id, unless_repeated=False)

    def undo(self, event_id: str) -> None:
        """Delete an event whose creation failed, unless a repetition of the request was answered with it."""
        self._bury_and_finish(event_id, unless_repeated=True)

    def finish_due(self) -> int:
        """Finish interrupted deletions, look for late uploads, forget old tombstones; how many were interrupted.

        Raises BackingServiceUnavailable; a deletion that fails comes after all others next time.
        """
        now = self._repository.now()
        interrupted = 0
        for tombstone in self._repository.tombstones_due(now, BATCH):
            try:
                self._finish(tombstone)
            except BackingServiceUnavailable:
                self._repository.postpone(tombstone.event_id, now + self._taken_over_after)
                raise
            if tombstone.begun_at + LATE_UPLOADS < now:
                self._repository.remove_tombstone(tombstone)
            else:
                interrupted += 1
        return interrupted

    def _is_unknown(self, event_id: str) -> bool:
        tombstone = self._repository.tombstone(event_id)
        return tombstone is None or tombstone.unless_repeated

    def _bury_and_finish(self, event_id: str, *, unless_repeated: bool) -> None:
        now = self._repository.now()
        tombstone = Tombstone(event_id, now, now + self._taken_over_after, unless_repeated)
        self._repository.bury(tombstone)
        reach("events.buried")
        self._finish(tombstone)

    def _finish(self, tombstone: Tombstone) -> None:
        event_id = tombstone.event_id
        if not tombstone.unless_repeated:
            self._repository.remove(event_id)
        elif not self._repository.take_back(event_id):
            self._repository.remove_tombstone(tombstone)
            return
        reach("events.removed")
        self._jobs.delete_all(EntityType.EVENT, event_id)
        reach("events.images_deleted")
        self._repository.postpone(event_id, tombstone.begun_at + LATE_UPLOADS)
