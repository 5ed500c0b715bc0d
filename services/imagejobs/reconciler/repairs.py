"""One pass of the reconciler over jobs and events."""

from dataclasses import dataclass, replace

from imagejobs.events.deletion import EventDeletion
from imagejobs.jobs.repair import Repair, RepairReport


@dataclass(frozen=True, slots=True)
class Repairs:
    """Jobs first: what keeps them from ending matters more than what is left of a deleted event."""

    jobs: Repair
    events: EventDeletion

    def run_once(self) -> RepairReport:
        """Do one bounded pass. Raises BackingServiceUnavailable; what was done so far stays done."""
        report = self.jobs.run_once()
        return replace(report, event_deletions_finished=self.events.finish_due())
