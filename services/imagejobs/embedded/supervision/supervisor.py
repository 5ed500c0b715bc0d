"""Starts the children in order, restarts those that die, and stops all of them within five seconds.

There is one thread with one loop: the death signal is bound to the thread that starts a child, and a fork beside other
threads is not safe. So `run` must be called in the main thread, and readiness probes must be short.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from imagejobs.embedded.supervision.child import Child
from imagejobs.embedded.supervision.child_spec import ChildEvent, Groups, Happening
from imagejobs.embedded.supervision.death_signal import death_signal_hook
from imagejobs.embedded.supervision.guardian import Guardian
from imagejobs.embedded.supervision.schedule import restart_delay, stop_deadlines
from imagejobs.errors import ConfigurationError

POLL_SECONDS = 0.03
REAP_SECONDS = 2.0


class Supervisor:
    """Runs groups of children, and calls `on_event` for each thing that happens to one of them."""

    def __init__(self, groups: Groups, on_event: Callable[[ChildEvent], None], guardian: Guardian) -> None:
        self._groups = [[Child(spec) for spec in group] for group in groups]
        self._on_event = on_event
        self._guardian = guardian
        self._in_child = death_signal_hook()
        self._stop_requests = 0

    def pids(self) -> dict[str, int]:
        """The process ids of the children that run, by name."""
        return {child.spec.name: child.pid for child in self._children() if child.is_running}

    def request_stop(self) -> None:
        """Make `run` stop the children and return. A second request kills them at once. Safe in signal handlers."""
        self._stop_requests += 1

    def run(self, on_all_ready: Callable[[], None], start_timeout: float) -> None:
        """Start and watch the children until a stop is requested. `on_all_ready` is called once, and must not block.

        Raises ConfigurationError if a child is not ready within `start_timeout` seconds. However this ends, no child is
        left.
        """
        deadline = time.monotonic() + start_timeout
        announced = False
        try:
            while not self._stop_requests:
                self._step()
                if not announced and self._all_ready():
                    announced = True
                    on_all_ready()
                elif not announced and time.monotonic() > deadline:
                    raise ConfigurationError(self._not_ready(start_timeout))
                time.sleep(POLL_SECONDS)
        finally:
            self.stop()

    def stop(self) -> None:
        """Stop all groups but the first at the same time, then the first, which the others need.

        Each child gets its stop signal, and at the deadline of its group SIGKILL.
        """
        begun = time.monotonic()
        self._stop_requests = max(1, self._stop_requests)
        first, *others = self._groups
        stages = [[child for group in others for child in group], first]
        for stage, seconds in zip(stages, stop_deadlines(len(stages)), strict=True):
            self._stop_group(stage, begun + seconds)

    def _step(self) -> None:
        self._guardian.keep_alive()
        for child in self._startable():
            self._start(child)
        for child in self._children():
            self._look_at(child)

    def _children(self) -> Iterator[Child]:
        for group in self._groups:
            yield from group

    def _all_ready(self) -> bool:
        return all(child.is_ready for child in self._children())

    def _startable(self) -> Iterable[Child]:
        for group in self._groups:
            yield from (child for child in group if child.is_due)
            if not all(child.is_ready or child.was_ready for child in group):
                return

    def _start(self, child: Child) -> None:
        try:
            child.start(self._in_child)
        except OSError as error:
            raise ConfigurationError(f"{child.spec.name} cannot be started: {error}") from error
        self._guardian.watch(child.pid)
        self._tell(child, Happening.STARTED)

    def _look_at(self, child: Child) -> None:
        pid = child.pid
        if (code := child.ended()) is not None:
            self._guardian.forget(pid)
            self._after_end(child, pid, code)
        elif child.is_being_awaited and child.spec.ready(child.started_at):
            self._mark_ready(child, pid)

    def _after_end(self, child: Child, pid: int, code: int) -> None:
        if child.spec.one_shot and code == 0:
            self._mark_ready(child, pid)
            return
        child.is_ready = False
        delay = restart_delay(child.failures)
        child.start_after = time.monotonic() + delay
        self._on_event(ChildEvent(Happening.DIED, child.spec, pid, exit_code=code))
        self._on_event(ChildEvent(Happening.RESTARTING, child.spec, pid, seconds=delay))

    def _mark_ready(self, child: Child, pid: int) -> None:
        child.is_ready = child.was_ready = True
        self._on_event(ChildEvent(Happening.READY, child.spec, pid, seconds=child.ran_for))

    def _stop_group(self, group: list[Child], deadline: float) -> None:
        running = {child: child.pid for child in group if child.is_running}
        for child in running:
            child.ask_to_stop()
        while running and self._stop_requests < 2 and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            for child in [child for child in running if child.ended() is not None]:
                self._gone(child, running.pop(child), Happening.STOPPED)
        for child, pid in running.items():
            child.kill_group()
            child.wait(REAP_SECONDS)
            self._gone(child, pid, Happening.KILLED)

    def _gone(self, child: Child, pid: int, how: Happening) -> None:
        self._guardian.forget(pid)
        self._on_event(ChildEvent(how, child.spec, pid))

    def _not_ready(self, seconds: float) -> str:
        missing = [child.spec for child in self._children() if not child.is_ready]
        names = ", ".join(spec.name for spec in missing)
        return f"not ready within {seconds:g} s: {names}. See {missing[0].log_file}"

    def _tell(self, child: Child, happening: Happening) -> None:
        self._on_event(ChildEvent(happening, child.spec, child.pid))
