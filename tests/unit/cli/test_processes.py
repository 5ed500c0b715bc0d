import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.settings.settings import Settings

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
    assert sorted(line.split(":")[1].strip() for line in lines) == ["REDIS_URI", "WEBP_QUALITY"]


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
    assert (path, command[:5]) == (sys.executable, [sys.executable, "-P", "-m", "dramatiq", "imagejobs.worker.app"])
    assert command[command.index("--processes") + 1] == processes
    assert command[command.index("--threads") + 1] == threads
    assert command[command.index("--path") + 1].startswith("--"), "none; else the working directory"


@pytest.mark.usefixtures("valid_settings")
def test_the_indexes_are_made_in_the_database_of_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setenv("MONGODB_URI", "mongodb://127.0.0.1:1/mine")
    monkeypatch.setattr("imagejobs.connections.mongodb.Database", done.append)
    monkeypatch.setattr("imagejobs.jobs.records.mongo.create_indexes", lambda: done.append("image_jobs"))
    monkeypatch.setattr("imagejobs.events.mongo_document.create_event_indexes", lambda: done.append("events"))
    monkeypatch.setattr("imagejobs.deployment.made_deployment_id", lambda _: done.append("id"))
    assert run("indexes").stdout == "indexes: image_jobs, events, deleted_events ready\n"
    assert done == ["mongodb://127.0.0.1:1/mine", "image_jobs", "events", "id"]


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {"port": None, "data_dir": None, "workers": None}),
        (
            ["--port", "0", "--data-dir", "elsewhere", "--workers", "2"],
            {"port": 0, "data_dir": Path("elsewhere"), "workers": 2},
        ),
    ],
)
def test_up_needs_no_setting_and_hands_its_options_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], options: dict[str, Any]
) -> None:
    given: list[Any] = []

    def run_up(settings: Settings, *, console: object, **rest: Any) -> None:  # noqa: ARG001 - as run_up has it
        given.append((settings.storage, rest))

    monkeypatch.setattr("imagejobs.embedded.up.run_up", run_up)
    assert run("up", *arguments).exit_code == 0
    assert given == [("filesystem", options)]


def test_a_misspelt_variable_is_logged_at_the_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("RENDITION", "480")
    monkeypatch.setattr("imagejobs.api.main.run", lambda _: None)
    result = run("api")
    assert result.exit_code == 0
    assert "RENDITION: this is not a setting; did you mean RENDITIONS?" in result.stderr


def test_up_warns_of_a_misspelt_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDITION", "480")
    monkeypatch.setattr("imagejobs.embedded.up.run_up", lambda *_, **__: None)
    assert "imagejobs: environment: RENDITION: this is not a setting; did you mean RENDITIONS?" in run("up").stderr
