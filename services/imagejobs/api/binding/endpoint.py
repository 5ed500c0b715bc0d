"""An operation's handler and the services that it uses."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from imagejobs.api.binding.call import Call, Reply


class Uses(Enum):
    """The slowest thing that a handler waits for. The lane in which the handler runs depends on it (lanes.py)."""

    NOTHING = auto()
    """It computes its answer at once and does not block."""
    RECORDS = auto()
    """MongoDB or Redis, which answer quickly or fail within seconds."""
    STORAGE = auto()
    """The object storage, which may take many seconds for each object."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation: `handler` answers a call; `uses` is what it needs for that, for every call or for this one."""

    handler: Callable[[Call], Reply]
    uses: Uses | Callable[[Call], Uses]

    def uses_for(self, call: Call) -> Uses:
        """What the handler needs to answer this call."""
        return self.uses if isinstance(self.uses, Uses) else self.uses(call)
