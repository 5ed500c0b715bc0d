"""Worker processes that stop with SIGSTOP at a fail point."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGSTOP

import psutil
from running_system import eventually

from faults.world import World


@contextmanager
def asleep(world: World, point: str) -> Iterator[psutil.Process]:
    """Wait until a worker process stops at the armed point; continue it when the block ends."""
    world.points.wait_until_reached(point)
    sleeper = eventually(lambda: _stopped(world))
    try:
        yield sleeper
    finally:
        sleeper.resume()


def arm(world: World, point: str) -> None:
    """The next worker process that reaches the point stops there."""
    world.points.arm(point, SIGSTOP)


def _stopped(world: World) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):  # the process has just ended; the caller asks again
        children = world.system.process("worker").children(recursive=True)
        return next((each for each in children if each.status() == psutil.STATUS_STOPPED), None)
    return None
