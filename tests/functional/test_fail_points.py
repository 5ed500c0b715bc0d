"""Each armed file is one failure of one process, at exactly the point of its name."""

import os
import signal
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from imagejobs.fail_points import reach
reach("before"); print("between", flush=True); reach("behind"); print("done", flush=True)
"""


def run(directory: Path | None) -> tuple[int, str]:
    """The exit code and the output of a program that passes two points."""
    chosen = {} if directory is None else {"FAIL_POINTS": str(directory)}
    command = [sys.executable, "-c", PROGRAM]
    ended = subprocess.run(command, check=False, env=os.environ | chosen, capture_output=True, text=True, timeout=30)
    return ended.returncode, ended.stdout


def test_an_armed_point_ends_one_process_and_no_second(tmp_path: Path) -> None:
    (tmp_path / "behind").write_text("SIGKILL")
    assert run(tmp_path) == (-signal.SIGKILL, "between\n")
    assert run(tmp_path) == (0, "between\ndone\n")
    assert not list(tmp_path.iterdir())


def test_the_signal_is_the_one_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "before").write_text("SIGTERM")
    assert run(tmp_path) == (-signal.SIGTERM, "")


def test_points_without_a_file_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("SIGKILL")
    assert run(tmp_path) == (0, "between\ndone\n")


def test_without_the_variable_nothing_is_looked_at() -> None:
    assert run(None) == (0, "between\ndone\n")
