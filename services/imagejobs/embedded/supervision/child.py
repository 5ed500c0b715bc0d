"""One supervised process, with its process group and its log."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

from imagejobs.embedded.supervision.child_spec import ChildSpec
from imagejobs.embedded.supervision.schedule import failures_after

LOG_BYTES = 10_000_000
"""A larger log is renamed to `<name>.log.1` when its child starts."""


class Child:
    """One child: not started, running, or ended and waiting for its restart."""

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
        """Whether it was started, and `ended` has not returned its exit code yet."""
        return self._process is not None

    @property
    def is_due(self) -> bool:
        """Whether to start it now: it does not run, its delay is over, and it is not a finished one-shot."""
        finished = self.spec.one_shot and self.is_ready
        return not self.is_running and not finished and time.monotonic() >= self.start_after

    @property
    def is_being_awaited(self) -> bool:
        """Whether to probe its readiness. A one-shot is not probed: it is ready when it has ended."""
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
        """Start the process in its own process group. Its output is appended to the log.

        Raises OSError if the program or the log cannot be opened.
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
        """The exit code if the process has ended, else None. At its end the rest of its group is killed."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self.kill_group()
        self._process = None
        self.failures = failures_after(self.failures, self.ran_for)
        return code

    def ask_to_stop(self) -> None:
        """Send the stop signal to the process, which stops its own children."""
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
    """Send SIGKILL to a process group. A group that has ended is not an error; macOS answers EPERM for zombies."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
