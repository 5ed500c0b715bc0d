"""Arms the fail points of imagejobs.fail_points: the next process that reaches an armed point is killed or stopped."""

import signal
from pathlib import Path

from imagejobs.fail_points import VARIABLE
from running_system import eventually

REACHED_SECONDS = 90.0


class ArmedPoints:
    """The directory that a system's FAIL_POINTS setting names."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(exist_ok=True)

    @property
    def settings(self) -> dict[str, str]:
        """The settings that enable the fail points in a system."""
        return {VARIABLE: str(self._directory)}

    def arm(self, point: str, sent: signal.Signals = signal.SIGKILL) -> None:
        """The next process that reaches the point sends itself this signal, once."""
        being_written = self._directory / f".{point}"
        being_written.write_text(sent.name)
        being_written.rename(self._directory / point)

    def wait_until_reached(self, point: str) -> None:
        """Return as soon as a process has reached the point. Fail the test if none does in time."""
        eventually(lambda: not self.is_armed(point), REACHED_SECONDS, lambda: f"{point} was not reached")

    def is_armed(self, point: str) -> bool:
        """Whether no process has reached the point yet."""
        return (self._directory / point).exists()

    def disarm(self, point: str) -> bool:
        """Disarm the point and return whether it was still armed."""
        try:
            (self._directory / point).unlink()
        except FileNotFoundError:
            return False
        return True
