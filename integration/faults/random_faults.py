"""Random faults of every kind. The same seed gives the same faults in the same order."""

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
    *(f"jobs.{step}" for step in ("stored", "recorded", "pushed", "retried", "marked_deleted", "objects_deleted")),
    "worker.completed",
    "repair.marked",
)
POINT_SECONDS = 5.0
"""How long a fail point stays armed if no process reaches it."""


class RandomFaults:
    """Injects one random fault at a time and waits until it is over. The deployment restarts processes that died."""

    def __init__(self, world: World, places: Places, seed: int, lease_seconds: float) -> None:
        self._world = world
        self._places = places
        self._random = random.Random(seed)  # noqa: S311 - reproducible by its seed
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
        """Inject a random fault and return its name."""
        weights, kinds = zip(*self._kinds, strict=True)
        return str(self._random.choices(kinds, weights)[0]())

    def pause(self) -> float:
        """The seconds to wait before the next fault."""
        return self._random.uniform(1, 6)

    def kill(self) -> str:
        """Send SIGKILL to a process and its descendants, or to a single worker process."""
        name = self._process()
        family = self._family(name)
        if name == "worker" and self._random.random() < 0.5:
            family = family[1:][:1]
        signal_each(family, signal.SIGKILL)
        return f"kill -9 {name}"

    def freeze(self) -> str:
        """Stop a process with SIGSTOP and continue it later; one time in five only after its leases have expired."""
        name = self._process()
        seconds = self._random.uniform(0.5, 4) if self._random.random() < 0.8 else 1.3 * self._lease_seconds
        family = self._family(name)
        signal_each(family, signal.SIGSTOP)
        time.sleep(seconds)
        signal_each(family, signal.SIGCONT)
        return f"SIGSTOP {name}"

    def reach_point(self) -> str:
        """Let the next process that reaches a random fail point die or stop there."""
        point = self._random.choice(POINTS)
        sent = self._random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP))
        self._world.points.arm(point, sent)
        deadline = time.monotonic() + POINT_SECONDS
        while self._world.points.is_armed(point) and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._world.points.disarm(point):
            return "a fail point that no process reached"
        if sent == signal.SIGSTOP:
            time.sleep(self._random.uniform(0.5, 4))
            self.thaw()
        return f"{sent.name} at {point}"

    def restart(self) -> str:
        """Stop a process with SIGTERM and start it again."""
        name = self._process()
        self._world.processes.stop(name)
        self._world.processes.start(name)
        return f"SIGTERM {name}"

    def forget_queue(self) -> str:
        """Delete everything in Redis."""
        self._world.redis.flushall()
        return "FLUSHALL"

    def cut(self) -> str:
        """Break all connections to a service and refuse new ones for a while."""
        name, proxy = self._places.choose(self._random)
        proxy.cut()
        time.sleep(self._random.uniform(0.2, 6))
        proxy.restore()
        return f"{name} unavailable"

    def stall(self) -> str:
        """Let a service accept connections and requests, but answer late."""
        name, proxy = self._places.choose(self._random)
        proxy.stall()
        time.sleep(self._random.uniform(0.2, 6))
        proxy.restore()
        return f"{name} stalled"

    def thaw(self) -> None:
        """Continue every stopped process."""
        for name in COMMANDS:
            signal_each(self._family(name), signal.SIGCONT)

    def _process(self) -> str:
        return self._random.choice(tuple(COMMANDS))

    def _family(self, name: str) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return family_of(self._world.system.process(name))
        return []
