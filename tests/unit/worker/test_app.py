"""The module that Dramatiq imports, imported in the test's process; tests/functional runs it under Dramatiq."""

import logging
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dramatiq
import pytest
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.dispatch.tasks import TASKS
from imagejobs.worker.dramatiq_log import is_news
from worlds.command_line import SETTINGS, logging_unchanged


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Use the test's settings, and restore the global broker and the logging afterwards."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setattr(dramatiq.broker, "global_broker", None)
    with logging_unchanged():
        yield


def imported() -> SimpleNamespace:
    """The module's globals after a new import."""
    return SimpleNamespace(**runpy.run_module("imagejobs.worker.app"))


def test_the_global_broker_has_the_actors_that_the_adapter_sends_to() -> None:
    app = imported()
    actors = {name: actor.queue_name for name, actor in app.broker.actors.items()}
    assert actors == {task.actor: task.queue for task in TASKS.values()}
    assert dramatiq.get_broker() is app.broker


def test_wrong_settings_end_it_with_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_SIDE", "0")
    with pytest.raises(SystemExit, match="the settings are wrong:\nMAX_SIDE: "):
        imported()


def test_children_are_started_before_the_first_message_and_ended_after_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKER_THREADS", "3")
    monkeypatch.setenv("CONVERSION_SECONDS", "7")
    happened: list[Any] = []
    monkeypatch.setattr(Converter, "start", lambda self, count: happened.append((self._limits.seconds, count)))
    monkeypatch.setattr(Converter, "close", lambda _: happened.append("closed"))
    app = imported()
    worker = dramatiq.Worker(app.broker)
    assert happened == []
    app.broker.emit_before("worker_boot", worker)
    app.broker.emit_after("worker_shutdown", worker)
    assert happened == [(7, 3), "closed"]


def test_what_dramatiq_repeats_in_an_outage_is_kept_from_the_log() -> None:
    imported()
    assert all(is_news in handler.filters for handler in logging.getLogger().handlers)
