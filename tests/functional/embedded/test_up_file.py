import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from imagejobs.embedded.up_file import UpState, read_up_file, write_up_file

STATE = UpState("http://127.0.0.1:1", "redis://r", "mongodb://m/d", "token", None, {"up": os.getpid(), "api": 1})


def test_the_file_of_a_killed_up_does_not_count(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    ended.wait()
    write_up_file(tmp_path, replace(STATE, pids={"up": ended.pid}))
    assert read_up_file(tmp_path) is None
