"""When a child that died is started again, and how long the children get to stop: pure arithmetic, in seconds."""

FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
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
    """Half a second after the first death in a row, doubling to 30 seconds."""
    exponent = min(failures - 1, 16)  # far past the longest delay, and no overflow after a day of deaths
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0**exponent)


def stop_deadlines(groups: int) -> list[float]:
    """Seconds from the beginning of the stop until each group is killed, in the order in which they stop."""
    return [STOP_SECONDS - GROUP_RESERVE * later for later in reversed(range(groups))]
