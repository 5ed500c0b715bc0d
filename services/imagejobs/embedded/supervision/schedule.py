"""When a dead child is started again, and how long the children may take to stop, in seconds."""

from imagejobs.backoff import Backoff

RESTARTS = Backoff(first=0.5, longest=30.0)
HEALTHY_AFTER = 30.0
"""After a child ran this long, its next death counts as the first."""

STOP_SECONDS = 4.5
"""From the first SIGTERM to the last SIGKILL. Half a second less than the promised 5, to wait for killed children."""
GROUP_RESERVE = 0.4
"""The least time that a group has to stop, however long the groups before it take. An idle Dramatiq needs 3 s to stop,
the databases and the queue adapter a few hundredths of a second."""


def failures_after(previous: int, ran_for: float) -> int:
    """The number of deaths in a row, including this one: `previous` ones came before, then the child ran `ran_for`."""
    return 1 if ran_for >= HEALTHY_AFTER else previous + 1


def restart_delay(failures: int) -> float:
    """Seconds until a child that died `failures` times in a row (at least once) is started again."""
    return RESTARTS.pause(failures - 1)


def stop_deadlines(groups: int) -> list[float]:
    """Seconds from the start of the stop until each group is killed, in the order in which the groups stop."""
    return [STOP_SECONDS - GROUP_RESERVE * later for later in reversed(range(groups))]
