"""One pass of the reconciler over jobs and events."""

from dataclasses import dataclass, replace

from imagejobs.events.deletion import EventDeletion
from imagejobs.jobs.repair import Repair, RepairReport


@dataclass(frozen=True, slots=True)
class Repairs:
    """Repairs jobs first: that they end matters more than the leftovers of a deleted event."""

    jobs: Repair
    events: EventDeletion

    def run_once(self) -> RepairReport:
        """Do one bounded pass. Raises BackingServiceUnavailable; what was done so far stays done."""
        report = self.jobs.run_once()
        return replace(report, event_deletions_finished=self.events.finish_due())
