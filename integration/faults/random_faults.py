"""Faults of every kind, drawn from a seeded generator: the same seed draws the same faults in the same order."""

import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil
from deployed_system import COMMANDS
from running_system import family_of, signal_each

from faults.places import Places
from faults.world import World

POINTS = (
    *(f"worker.{step}" for step in ("received", "claimed", "downloaded", "converted", "renewed", "uploaded")),
    *(f"adapter.{step}" for step in ("taken", "enqueued", "settled")),
    *(f"jobs.{step}" for step in ("stored", "recorded", "pushed", "retried", "buried", "objects_deleted")),
    "worker.completed",
    "repair.marked",
)
POINT_SECONDS = 5.0
"""For so long a point stays armed that nobody reaches."""


class RandomFaults:
    """Draws a fault, lets it happen, and waits until it is over; processes that died are replaced meanwhile."""

    def __init__(self, world: World, places: Places, seed: int, lease_seconds: float) -> None:
        self._world = world
        self._places = places
        self._random = random.Random(seed)  # noqa: S311 - it has to be foretold
        self._lease_seconds = lease_seconds
        self._kinds: tuple[tuple[float, Callable[[], str]], ...] = (
            (4, self.kill),
            (3, self.freeze),
            (4, self.reach_point),
            (2, self.restart),
            (1, self.forget_queue),
            (3, self.cut),
            (2, self.stall),
        )

    def next(self) -> str:
        """One fault; what it was."""
        weights, kinds = zip(*self._kinds, strict=True)
        return str(self._random.choices(kinds, weights)[0]())

    def pause(self) -> float:
        """Seconds until the next one."""
        return self._random.uniform(1, 6)

    def kill(self) -> str:
        """kill -9 of a process and what it started, or of one worker process alone."""
        name = self._process()
        family = self._family(name)
        if name == "worker" and self._random.random() < 0.5:
            family = family[1:][:1]
        signal_each(family, signal.SIGKILL)
        return f"kill -9 {name}"

    def freeze(self) -> str:
        """SIGSTOP, and SIGCONT later; now and then after all that it held was taken from it."""
        name = self._process()
        seconds = self._random.uniform(0.5, 4) if self._random.random() < 0.8 else 1.3 * self._lease_seconds
        family = self._family(name)
        signal_each(family, signal.SIGSTOP)
        time.sleep(seconds)
        signal_each(family, signal.SIGCONT)
        return f"SIGSTOP {name}"

    def reach_point(self) -> str:
        """A process dies, or stands still for a while, at an exact step."""
        point = self._random.choice(POINTS)
        sent = self._random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
        self._world.points.arm(point, sent)
        deadline = time.monotonic() + POINT_SECONDS
        while self._world.points.is_armed(point) and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._world.points.disarm(point):
            return "a fail point that nobody reached"
        if sent == signal.SIGSTOP:
            time.sleep(self._random.uniform(0.5, 4))
            self.thaw()
        return f"{sent.name} at {point}"

    def restart(self) -> str:
        """SIGTERM, and a new process."""
        name = self._process()
        self._world.processes.stop(name)
        self._world.processes.start(name)
        return f"SIGTERM {name}"

    def forget_queue(self) -> str:
        """Redis has lost everything."""
        self._world.redis.flushall()
        return "FLUSHALL"

    def cut(self) -> str:
        """Connections to a server break, and no new ones are to be had."""
        name, proxy = self._places.choose(self._random)
        proxy.cut()
        time.sleep(self._random.uniform(0.2, 6))
        proxy.restore()
        return f"{name} away"

    def stall(self) -> str:
        """A server takes everything and answers late."""
        name, proxy = self._places.choose(self._random)
        proxy.stall()
        time.sleep(self._random.uniform(0.2, 6))
        proxy.restore()
        return f"{name} stalled"

    def thaw(self) -> None:
        """Whatever stands still goes on."""
        for name in COMMANDS:
            signal_each(self._family(name), signal.SIGCONT)

    def _process(self) -> str:
        return self._random.choice(tuple(COMMANDS))

    def _family(self, name: str) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return family_of(self._world.system.process(name))
        return []
