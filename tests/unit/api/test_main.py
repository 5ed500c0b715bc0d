import logging
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mongoengine
import pytest
from imagejobs.api import main
from imagejobs.connections.mongodb import Database
from imagejobs.conversion.formats.registry import AVIF, BASIC, FORMATS, PNG
from imagejobs.conversion.sandbox.deaths import not_started
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Abilities
from imagejobs.deployment import DeploymentWatch
from imagejobs.errors import ConfigurationError
from imagejobs.jobs.records.mongo import MongoImageJobRepository
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.task_queue.redis_task_queue import RedisTaskQueue
from worlds.memory_api import CLIENT_TOKENS, WORKER_TOKENS, memory_settings


@pytest.fixture(autouse=True)
def disconnected() -> Iterator[None]:
    """Undo what `run` leaves to the end of the process: the database connection and the SIGTERM handler."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)
    mongoengine.disconnect()


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The recorded calls of `serve` and of the deployment watch; every image format counts as readable."""
    calls: list[dict[str, Any]] = []
    abilities = Abilities("ImageMagick", tuple(each.name for each in FORMATS), without=())
    monkeypatch.setattr(Converter, "abilities", lambda _: abilities)
    monkeypatch.setattr(DeploymentWatch, "start", lambda _, stop: calls.append({"watch": stop.is_set()}))
    monkeypatch.setattr(
        main,
        "serve",
        lambda app, host, port, limits: calls.append({"app": app, "host": host, "port": port, "limits": limits}),
    )
    return calls


def test_the_application_is_served_where_the_settings_say(started: list[dict[str, Any]], tmp_path: Path) -> None:
    main.run(memory_settings(data_dir=tmp_path, api_port=3210, keep_alive_seconds=42))
    watch, call = started
    assert watch == {"watch": False}
    assert call["limits"].keep_alive_seconds == 42
    assert (call["host"], call["port"]) == ("127.0.0.1", 3210)


def test_an_open_server_is_warned_about(
    started: list[dict[str, Any]], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        main.run(memory_settings(data_dir=tmp_path))
        assert "anybody who can reach http://127.0.0.1:3000 may use the API" in caplog.text
        caplog.clear()
        main.run(memory_settings(data_dir=tmp_path, api_tokens=CLIENT_TOKENS, worker_tokens=WORKER_TOKENS))
        assert caplog.text == ""
    assert len([call for call in started if "app" in call]) == 2


def test_a_server_open_to_the_network_is_not_started(started: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="API_TOKENS or WORKER_TOKENS is not set"):
        main.run(memory_settings(data_dir=tmp_path, api_host="0.0.0.0"))  # noqa: S104 - it must be refused
    assert started == []


def test_what_the_library_on_this_machine_reads_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Converter, "abilities", lambda _: Abilities("ImageMagick", ("png", "avif"), without=()))
    assert main.readable_formats() == [PNG, AVIF]


def test_without_the_library_the_formats_of_every_worker_are_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Converter, "abilities", lambda _: raises(not_started("ImageMagick's library was not found.")))
    with caplog.at_level(logging.INFO):
        assert main.readable_formats() == BASIC
    assert "was not found.): only JPEG, PNG, GIF, WebP are accepted" in caplog.text


def test_a_machine_without_the_room_to_find_out_refuses_no_format(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Converter, "abilities", lambda _: raises(not_started("No space left on device: '/tmp/x'")))
    assert main.readable_formats() == FORMATS
    assert "the formats that the image library reads are unknown, so all are accepted: " in caplog.text


def raises(error: Exception) -> Abilities:
    raise error


def test_production_adapters_are_those_of_the_settings_and_do_not_connect(tmp_path: Path) -> None:
    settings = memory_settings(data_dir=tmp_path, redis_uri="redis://127.0.0.1:1")
    adapters = main.production_adapters(settings, Database(settings.mongodb_uri))
    assert isinstance(adapters.jobs, MongoImageJobRepository)
    assert isinstance(adapters.storage, FilesystemStorage)
    assert isinstance(adapters.queue, RedisTaskQueue)
