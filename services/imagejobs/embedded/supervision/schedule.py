"""When a child that died is started again, and how long the children may take to stop: pure arithmetic, in seconds."""

from imagejobs.backoff import Backoff

RESTARTS = Backoff(first=0.5, longest=30.0)
HEALTHY_AFTER = 30.0
"""A child that ran this long was healthy: its next death counts as the first."""

STOP_SECONDS = 4.5
"""From the first SIGTERM to the last SIGKILL; half a second below the promised 5, for reaping."""
GROUP_RESERVE = 0.4
"""What every group that has yet to stop keeps, however long the groups before it take. An idle Dramatiq needs 3 s to
stop, the databases and the queue adapter a few hundredths."""


def failures_after(previous: int, ran_for: float) -> int:
    """Deaths in a row, this one included, of a child that had `previous` and then ran `ran_for` seconds."""
    return 1 if ran_for >= HEALTHY_AFTER else previous + 1


def restart_delay(failures: int) -> float:
    """Seconds until a child that died `failures` times in a row, at least once, is started again."""
    return RESTARTS.pause(failures - 1)


def stop_deadlines(groups: int) -> list[float]:
    """Seconds from the beginning of the stop until each group is killed, in the order in which they stop."""
    return [STOP_SECONDS - GROUP_RESERVE * later for later in reversed(range(groups))]
