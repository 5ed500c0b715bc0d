"""A file in the folder FAIL_POINTS makes one process fail once, at the point that the file is named after."""

import os
import signal
import subprocess
import sys
from pathlib import Path

STOPS = 5

PROGRAM = """
from imagejobs.fail_points import reach
reach("before"); print("between", flush=True); reach("behind"); print("done", flush=True)
"""

A_THREAD_REACHES = """
import os, threading
from imagejobs.fail_points import reach
def pass_by():
    started.wait()
    os.write(1, b"before "); reach("here"); os.write(1, b"behind")
started = threading.Event()
thread = threading.Thread(target=pass_by)
thread.start()
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
os.sched_setaffinity(0, {CPU}); os.sched_setaffinity(thread.native_id, {CPU})
started.set(); thread.join()
"""
"""The main thread has the lowest priority and shares one CPU with the other thread, so it cannot run beside it."""


def run(directory: Path | None) -> tuple[int, str]:
    """The exit code and the output of a program that reaches two points, with FAIL_POINTS set to `directory`."""
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


def test_the_thread_that_reaches_a_point_stops_there_even_when_the_main_thread_gets_no_cpu(tmp_path: Path) -> None:
    program = A_THREAD_REACHES.replace("CPU", str(min(os.sched_getaffinity(0))))
    for _ in range(STOPS):
        (tmp_path / "here").write_text("SIGSTOP")
        environment = os.environ | {"FAIL_POINTS": str(tmp_path)}
        with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) as process:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            process.kill()
            assert process.communicate()[0] == b"before "


def test_points_without_a_file_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("SIGKILL")
    assert run(tmp_path) == (0, "between\ndone\n")


def test_without_the_variable_nothing_is_looked_at() -> None:
    assert run(None) == (0, "between\ndone\n")
