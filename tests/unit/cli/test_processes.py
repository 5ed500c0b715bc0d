import os
import sys
from collections.abc import Callable
from typing import Any

import pytest
from imagejobs.settings import Settings

Run = Callable[..., Any]


@pytest.fixture
def valid_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("WORKER_PROCESSES", "3")
    monkeypatch.setenv("WORKER_THREADS", "4")


@pytest.mark.parametrize(
    ("command", "target"),
    [
        ("api", "imagejobs.api.main.run"),
        ("queue-adapter", "imagejobs.queue_adapter.main.run"),
        ("reconciler", "imagejobs.reconciler.main.run"),
    ],
)
@pytest.mark.usefixtures("valid_settings")
def test_each_process_runs_with_the_settings(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str, target: str
) -> None:
    given: list[Settings] = []
    monkeypatch.setattr(target, given.append)
    assert run(command).exit_code == 0
    assert [settings.worker_processes for settings in given] == [3]


@pytest.mark.parametrize("command", ["api", "queue-adapter", "reconciler", "worker", "indexes"])
def test_wrong_settings_stop_a_process_with_a_line_for_each(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("REDIS_URI", "http://x")
    monkeypatch.setenv("WEBP_QUALITY", "100")
    result = run(command)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["REDIS_URI", "WEBP_QUALITY"]


@pytest.mark.parametrize(
    ("arguments", "processes", "threads"), [([], "3", "4"), (["--processes", "1", "--threads", "2"], "1", "2")]
)
@pytest.mark.usefixtures("valid_settings")
def test_the_worker_goes_on_as_dramatiq(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], processes: str, threads: str
) -> None:
    called: list[Any] = []
    monkeypatch.setattr(os, "execv", lambda *command: called.append(command))
    assert run("worker", *arguments).exit_code == 0
    ((path, command),) = called
    assert (path, command[:4]) == (sys.executable, [sys.executable, "-m", "dramatiq", "imagejobs.worker.app"])
    assert command[command.index("--processes") + 1] == processes
    assert command[command.index("--threads") + 1] == threads
