"""One supervised process, with its process group and its log."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.embedded.supervision.schedule import failures_after

LOG_BYTES = 10_000_000
"""A log larger than this is set aside as `<name>.log.1` when its child starts."""


class Child:
    """One child as described by its spec: not started, running, or ended and waiting to be started again."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.is_ready = False
        self.was_ready = False
        self.failures = 0
        self.start_after = 0.0
        self.started_at = 0.0
        self._started = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not been seen to end."""
        return self._process is not None

    @property
    def is_due(self) -> bool:
        """Whether it is to be started now: it does not run, its delay is over, and it is not a finished one-shot."""
        finished = self.spec.one_shot and self.is_ready
        return not self.is_running and not finished and time.monotonic() >= self.start_after

    @property
    def is_being_awaited(self) -> bool:
        """Whether its readiness is to be asked for: a one-shot is ready by its end instead."""
        return self.is_running and not self.is_ready and not self.spec.one_shot

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group; 0 when it does not run."""
        return self._process.pid if self._process else 0

    @property
    def ran_for(self) -> float:
        """Seconds since the last start."""
        return time.monotonic() - self._started

    def start(self, in_child: Callable[[], None] | None) -> None:
        """Start the process in a process group of its own; its output is appended to the log.

        Raises OSError when the program or the log cannot be opened.
        """
        self._set_large_log_aside()
        with self.spec.log_file.open("ab") as log:
            self.started_at, self._started = time.time(), time.monotonic()
            self._process = subprocess.Popen(
                self.spec.argv,
                env=dict(self.spec.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=in_child,  # noqa: PLW1509 - two system calls prepared before the fork, in a program without threads
            )

    def ended(self) -> int | None:
        """The exit code once the process has ended, else None. What is left of its group is then killed."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self.kill_group()
        self._process = None
        self.failures = failures_after(self.failures, self.ran_for)
        return code

    def ask_to_stop(self) -> None:
        """Send the stop signal to the process, which passes it on to its own children as it sees fit."""
        if self._process is not None:
            self._process.send_signal(self.spec.stop_signal)

    def kill_group(self) -> None:
        """Send SIGKILL to the process and to everything it started."""
        if self._process is not None:
            kill_group(self._process.pid)

    def wait(self, seconds: float) -> None:
        """Wait until the process has ended, at most `seconds`."""
        if self._process is not None:
            self._process.wait(seconds)

    def _set_large_log_aside(self) -> None:
        log = self.spec.log_file
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))


def kill_group(group: int) -> None:
    """Send SIGKILL to a process group; one that is gone is no error (macOS says EPERM for one of zombies)."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
