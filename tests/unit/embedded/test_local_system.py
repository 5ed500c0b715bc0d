import io
from pathlib import Path
from typing import Any

from imagejobs.embedded.applications import Addresses
from imagejobs.embedded.local_system import LocalSystem
from imagejobs.embedded.report import Report
from imagejobs.embedded.supervision.child_spec import ChildEvent, ChildSpec, Happening
from imagejobs.settings.settings import Settings
from rich.console import Console

NO_GUARDIAN: Any = None
"""No process is started."""


def test_a_directory_that_can_no_longer_be_written_is_reported_and_the_system_runs_on(tmp_path: Path) -> None:
    output = io.StringIO()
    settings = Settings(storage="filesystem", _env_file=None)
    gone = tmp_path / "gone"
    system = LocalSystem(settings, Addresses(1, 2, 3), gone, (), NO_GUARDIAN, Report(Console(file=output, width=200)))
    system._announced = True
    system._on_event(ChildEvent(Happening.STARTED, ChildSpec("worker", ("x",), {}, tmp_path / "log"), 7))
    assert output.getvalue() == f"up: {gone} cannot be written: No such file or directory\n"
