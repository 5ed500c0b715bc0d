import sys
from pathlib import Path

import pytest
from imagejobs.embedded.applications import (
    Addresses,
    application_environment,
    applications,
    imagejobs_command,
)
from imagejobs.settings.settings import Settings, load_settings

ADDRESSES = Addresses(api_port=3001, redis_port=20_001, mongodb_port=20_002)


def child_settings(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings that a child reads from this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(_env_file=None)


def test_the_children_meet_on_this_machine_whatever_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REDIS_URI", "redis://queue.example:6379")
    monkeypatch.setenv("R2_PUBLIC_URL", "https://pub.example")
    monkeypatch.setenv("API_HOST", "192.0.2.1")
    monkeypatch.setenv("API_TOKENS", "first,second")
    monkeypatch.setenv("MAX_SIDE", "640")
    settings = load_settings(_env_file=None, storage="filesystem")
    child = child_settings(application_environment(settings, ADDRESSES, tmp_path, 3), monkeypatch)
    assert child.redis_uri == "redis://127.0.0.1:20001/0"
    assert child.mongodb_uri == "mongodb://127.0.0.1:20002/image_jobs"
    assert (child.storage, child.data_dir) == ("filesystem", tmp_path)
    assert (child.api_host, child.api_port, child.api_base_url) == ("127.0.0.1", 3001, "http://127.0.0.1:3001")
    assert child.public_base_url == "http://127.0.0.1:3001/media"
    assert [token.get_secret_value() for token in child.api_tokens] == ["first", "second"]
    assert child.worker_processes == 3
    assert child.max_side == 640


def test_without_tokens_and_workers_the_children_have_those_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load_settings(_env_file=None, storage="filesystem", worker_processes=5)
    child = child_settings(application_environment(settings, ADDRESSES, tmp_path, None), monkeypatch)
    assert child.worker_processes == 5
    assert child.api_tokens == child.worker_tokens == ()


def test_commands_run_in_this_python_and_not_from_the_working_directory() -> None:
    assert imagejobs_command("api") == (sys.executable, "-P", "-m", "imagejobs", "api")


def test_the_queue_adapter_starts_after_the_worker_and_the_indexes_once(tmp_path: Path) -> None:
    groups = applications({}, ADDRESSES, tmp_path, lambda name: (name,))
    assert [[spec.name for spec in group] for group in groups] == [
        ["indexes", "api", "worker", "reconciler"],
        ["queue-adapter"],
    ]
    assert [spec.name for group in groups for spec in group if spec.one_shot] == ["indexes"]
    assert groups[0][1].log_file == tmp_path / "logs" / "api.log"
