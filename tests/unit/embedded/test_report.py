import errno
import io
import signal
from pathlib import Path

import pytest
from imagejobs.embedded.report import TAIL_LINES, Report, describe, last_lines
from imagejobs.embedded.supervision.child_spec import ChildEvent, ChildSpec, Happening
from rich.console import Console


def spec(log_file: Path = Path("logs/worker.log"), *, one_shot: bool = False) -> ChildSpec:
    return ChildSpec("worker", ("x",), {}, log_file, one_shot=one_shot)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (ChildEvent(Happening.STARTED, spec(), 7), "worker: started (process 7)"),
        (ChildEvent(Happening.READY, spec(), 7, seconds=0.84), "worker: ready in 0.8 s"),
        (ChildEvent(Happening.READY, spec(one_shot=True), 7, seconds=0.84), "worker: done in 0.8 s"),
        (
            ChildEvent(Happening.DIED, spec(), 7, exit_code=-signal.SIGKILL),
            "worker: died, killed by SIGKILL; the end of logs/worker.log:",
        ),
        (
            ChildEvent(Happening.DIED, spec(), 7, exit_code=3),
            "worker: died, exit code 3; the end of logs/worker.log:",
        ),
        (
            ChildEvent(Happening.DIED, spec(), 7, exit_code=-1000),
            "worker: died, killed by signal 1000; the end of logs/worker.log:",
        ),
        (ChildEvent(Happening.RESTARTING, spec(), 7, seconds=0.5), "worker: restarting in 0.5 s"),
        (ChildEvent(Happening.STOPPED, spec(), 7), "worker: stopped"),
        (ChildEvent(Happening.KILLED, spec(), 7), "worker: did not stop in time, killed"),
    ],
)
def test_each_event_is_one_line(event: ChildEvent, expected: str) -> None:
    assert describe(event) == expected


def test_a_death_shows_the_last_lines_of_the_log_as_they_are(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("".join(f"[bold]line {number}[/bold] {'x' * 200}\n" for number in range(100)))
    output = io.StringIO()
    Report(Console(file=output, width=40)).event(ChildEvent(Happening.DIED, spec(log), 7, exit_code=1))
    lines = output.getvalue().splitlines()
    assert len(lines) == 1 + TAIL_LINES
    assert lines[-1] == f"    [bold]line 99[/bold] {'x' * 200}"


class ClosedTerminal(io.StringIO):
    """A terminal after a disconnect: every write fails."""

    def write(self, text: str) -> int:  # noqa: ARG002 - as StringIO has it
        raise OSError(errno.EIO, "Input/output error")


def test_a_terminal_that_was_closed_stops_nobody() -> None:
    Report(Console(file=ClosedTerminal())).event(ChildEvent(Happening.STOPPED, spec(), 7))


def test_a_start_alone_is_no_news() -> None:
    output = io.StringIO()
    Report(Console(file=output)).event(ChildEvent(Happening.STARTED, spec(), 7))
    assert output.getvalue() == ""


def test_lines_are_coloured_on_a_terminal_only() -> None:
    event = ChildEvent(Happening.READY, spec(), 7, seconds=1)
    plain, coloured = io.StringIO(), io.StringIO()
    Report(Console(file=plain)).event(event)
    Report(Console(file=coloured, force_terminal=True, color_system="standard")).event(event)
    assert plain.getvalue() == "worker: ready in 1.0 s\n"
    assert "\x1b[32m" in coloured.getvalue()


def test_a_child_without_a_log_has_no_last_lines(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none.log") == []
