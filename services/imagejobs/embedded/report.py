"""What `imagejobs up` prints."""

import signal
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from imagejobs.embedded.supervision.child_spec import ChildEvent, Happening

TAIL_LINES = 15
TAIL_BYTES = 8_192
STYLES = {
    Happening.READY: "green",
    Happening.DIED: "bold red",
    Happening.RESTARTING: "yellow",
    Happening.KILLED: "yellow",
}


def describe(event: ChildEvent) -> str:
    """The event in one line."""
    name = event.spec.name
    match event.happening:
        case Happening.STARTED:
            return f"{name}: started (process {event.pid})"
        case Happening.READY if event.spec.one_shot:
            return f"{name}: done in {event.seconds:.1f} s"
        case Happening.READY:
            return f"{name}: ready in {event.seconds:.1f} s"
        case Happening.DIED:
            return f"{name}: died, {_cause(event.exit_code or 0)}; the end of {event.spec.log_file}:"
        case Happening.RESTARTING:
            return f"{name}: restarting in {event.seconds:g} s"
        case Happening.STOPPED:
            return f"{name}: stopped"
        case Happening.KILLED:
            return f"{name}: did not stop in time, killed"


def last_lines(log_file: Path) -> list[str]:
    """The last lines of a child's log; empty if it has no log."""
    try:
        with log_file.open("rb") as log:
            log.seek(max(0, log.seek(0, 2) - TAIL_BYTES))
            return log.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
    except OSError:
        return []


class Report:
    """Prints events: in colour on a terminal, as plain lines elsewhere. Lines are never wrapped."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def line(self, text: str, style: str | None = None) -> None:
        """Print one line. The error of a closed terminal or a full disk is ignored, so that the system runs on."""
        with suppress(OSError):
            self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def event(self, event: ChildEvent) -> None:
        """Print the event, and after a death the last lines of the child's log. A start is not printed."""
        if event.happening is Happening.STARTED:
            return
        self.line(describe(event), STYLES.get(event.happening))
        if event.happening is Happening.DIED:
            for line in last_lines(event.spec.log_file):
                self.line(f"    {line}", "dim")


def _cause(exit_code: int) -> str:
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"killed by signal {-exit_code}"
