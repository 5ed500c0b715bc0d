"""Deletes events with all their images, and finishes deletions that a crash or an outage interrupted."""

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
"""An upload that found the event may record its image after the deletion, and die before it notices that the event is
gone. So the tombstone stays this long, and at its end the event's images are deleted once more."""


class EventDeletion:
    """Writes the tombstone, deletes the event, then its jobs. Every step may be repeated.

    A deletion that does not finish within `taken_over_after` is finished by the reconciler.
    """

    def __init__(self, repository: EventRepository, jobs: ImageJobs, taken_over_after: timedelta) -> None:
        self._repository = repository
        self._jobs = jobs
        self._taken_over_after = taken_over_after

    def delete(self, event_id: str) -> None:
        """Delete the event. To delete it again within a day is not an error. Raises EventNotFound, StorageUnavailable.

        If the storage is unavailable, the event and its images disappear at once, and the reconciler deletes the
        objects later.
        """
        if self._repository.get(event_id) is None and self._is_unknown(event_id):
            raise EventNotFound(event_id)
        self._begin(event_id, unless_repeated=False)

    def undo(self, event_id: str) -> None:
        """Delete an event whose creation failed, unless a repeated request was answered with it."""
        self._begin(event_id, unless_repeated=True)

    def finish_due(self) -> int:
        """Finish interrupted deletions, delete late uploads, and remove old tombstones.

        Returns how many deletions were interrupted. Raises BackingServiceUnavailable; a deletion that fails is tried
        last in the next pass.
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

    def _begin(self, event_id: str, *, unless_repeated: bool) -> None:
        now = self._repository.now()
        tombstone = Tombstone(event_id, now, now + self._taken_over_after, unless_repeated)
        self._repository.write_tombstone(tombstone)
        reach("events.marked_deleted")
        self._finish(tombstone)

    def _finish(self, tombstone: Tombstone) -> None:
        event_id = tombstone.event_id
        if not tombstone.unless_repeated:
            self._repository.remove(event_id)
        elif not self._repository.remove_unless_repeated(event_id):
            self._repository.remove_tombstone(tombstone)
            return
        reach("events.removed")
        self._jobs.delete_all(EntityType.EVENT, event_id)
        reach("events.images_deleted")
        self._repository.postpone(event_id, tombstone.begun_at + LATE_UPLOADS)
