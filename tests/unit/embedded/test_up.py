import io
from pathlib import Path
from typing import Any

import pytest
from imagejobs.embedded.applications import Addresses
from imagejobs.embedded.child_spec import ChildEvent, ChildSpec, Happening
from imagejobs.embedded.report import Report
from imagejobs.embedded.up import LocalSystem, run_up
from imagejobs.errors import ConfigurationError
from imagejobs.settings import Settings
from rich.console import Console

NO_GUARDIAN: Any = None
"""Nothing is started."""


def test_a_data_directory_that_cannot_be_made_is_told_before_anything_is_started(tmp_path: Path) -> None:
    taken = tmp_path / "file"
    taken.touch()
    settings = Settings(storage="filesystem", _env_file=None)
    with pytest.raises(ConfigurationError, match=r"^DATA_DIR .*/file/data cannot be used: .*--data-dir"):
        run_up(settings, port=None, data_dir=taken / "data", workers=None, console=Console())
    assert taken.read_bytes() == b""


def test_a_directory_that_cannot_be_written_any_more_is_told_and_all_goes_on(tmp_path: Path) -> None:
    output = io.StringIO()
    settings = Settings(storage="filesystem", _env_file=None)
    gone = tmp_path / "gone"
    system = LocalSystem(settings, Addresses(1, 2, 3), gone, (), NO_GUARDIAN, Report(Console(file=output, width=200)))
    system._announced = True
    system._hear(ChildEvent(Happening.STARTED, ChildSpec("worker", ("x",), {}, tmp_path / "log"), 7))
    assert output.getvalue() == f"up: {gone} cannot be written: No such file or directory\n"
