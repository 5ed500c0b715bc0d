"""Worker processes that a fail point has put to sleep with SIGSTOP."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGSTOP

import psutil
from running_system import eventually

from faults.world import World


@contextmanager
def asleep(world: World, point: str) -> Iterator[psutil.Process]:
    """The worker process that sleeps at an armed point since it was reached; it wakes up when the block ends."""
    world.points.wait_until_reached(point)
    sleeper = eventually(lambda: _stopped(world))
    try:
        yield sleeper
    finally:
        sleeper.resume()


def arm(world: World, point: str) -> None:
    """The next worker process that comes there falls asleep."""
    world.points.arm(point, SIGSTOP)


def _stopped(world: World) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):  # one that has just ended; asked again
        children = world.system.process("worker").children(recursive=True)
        return next((each for each in children if each.status() == psutil.STATUS_STOPPED), None)
    return None
