import json
import os
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.discovery import api_client, find_api, store_settings
from imagejobs.embedded.up_file import UpState, write_up_file
from imagejobs.errors import ConfigurationError

UP = UpState("http://127.0.0.1:4321", "redis://x", "mongodb://x/y", "up-token", "up-worker-token", {"up": os.getpid()})


def headers(api: Any) -> dict[str, str]:
    return {name: value for name, value in api._http.headers.items() if name in {"authorization", "x-worker-token"}}


@pytest.fixture
def running_up(tmp_path: Path) -> Path:
    """`imagejobs up` runs on .imagejobs below the working directory."""
    data_dir = tmp_path / ".imagejobs"
    data_dir.mkdir()
    write_up_file(data_dir, UP)
    return data_dir


def test_without_anything_it_is_the_default_address() -> None:
    api = api_client(None)
    assert (api.base_url, headers(api)) == ("http://127.0.0.1:3000", {})


@pytest.mark.usefixtures("running_up")
def test_a_running_local_system_is_found_with_its_tokens() -> None:
    api = api_client(None)
    assert api.base_url == "http://127.0.0.1:4321"
    assert headers(api) == {"authorization": "Bearer up-token", "x-worker-token": "up-worker-token"}


@pytest.mark.parametrize("named", [True, False])
def test_tokens_that_somebody_set_come_before_those_of_a_local_system(
    running_up: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: bool
) -> None:
    monkeypatch.setenv("API_TOKENS", "of-the-environment")
    (tmp_path / ".env").write_text("API_TOKENS=of-the-file\nWORKER_TOKENS=of-the-file\n")
    data_dir = running_up if named else None
    assert headers(api_client(data_dir)) == {
        "authorization": "Bearer of-the-environment",
        "x-worker-token": "of-the-file",
    }
    assert find_api(data_dir).token_origins == {"API_TOKENS": "the environment", "WORKER_TOKENS": ".env"}


@pytest.mark.usefixtures("running_up")
def test_each_kind_of_tokens_comes_from_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKENS", "")
    monkeypatch.setenv("WORKER_TOKENS", "of-the-environment")
    assert headers(api_client(None)) == {"authorization": "Bearer up-token", "x-worker-token": "of-the-environment"}
    origins = {"API_TOKENS": "the `imagejobs up` on .imagejobs", "WORKER_TOKENS": "the environment"}
    assert find_api(None).token_origins == origins


@pytest.mark.usefixtures("running_up")
def test_api_url_comes_before_a_running_local_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_URL", "https://images.example/")
    monkeypatch.setenv("API_TOKENS", "first,second")
    api = api_client(None)
    assert (api.base_url, headers(api)) == ("https://images.example", {"authorization": "Bearer first"})


@pytest.mark.usefixtures("running_up")
def test_a_file_of_settings_comes_before_a_running_local_system_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(
        "API_URL=https://images.example\nMONGODB_URI=mongodb://of-the-file/jobs\nSTORAGE=filesystem\n"
    )
    assert api_client(None).base_url == "https://images.example"
    assert store_settings(None).mongodb_uri == "mongodb://of-the-file/jobs"
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("running_up")
def test_the_use_of_the_local_system_is_reported_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    api_client(None)
    line = "imagejobs: the API is http://127.0.0.1:4321, the `imagejobs up` on .imagejobs; set API_URL to use another\n"
    assert capsys.readouterr() == ("", line)
    store_settings(None)
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err == (
        "imagejobs: MongoDB, Redis and storage are those of the `imagejobs up` on .imagejobs; "
        "set MONGODB_URI to use others\n"
    )


def test_without_a_local_system_nothing_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    api_client(None)
    store_settings(None)
    assert capsys.readouterr() == ("", "")


def test_data_dir_says_where_the_local_system_is(
    running_up: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert api_client(None).base_url == "http://127.0.0.1:3000"
    monkeypatch.setenv("DATA_DIR", str(running_up))
    assert api_client(None).base_url == "http://127.0.0.1:4321"


@pytest.mark.parametrize("content", ["", "{}", "[]", json.dumps({"api_url": "http://127.0.0.1:4321"})])
def test_a_broken_up_file_counts_as_none(running_up: Path, content: str) -> None:
    (running_up / "up.json").write_text(content)
    assert api_client(None).base_url == "http://127.0.0.1:3000"


def test_the_file_of_a_system_that_was_killed_counts_as_none(running_up: Path) -> None:
    state = json.loads((running_up / "up.json").read_bytes())
    (running_up / "up.json").write_text(json.dumps(state | {"pids": {"up": 2**22 + 1}}))
    assert api_client(None).base_url == "http://127.0.0.1:3000"


def test_host_and_port_of_the_settings_make_the_default_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_HOST", "::")
    monkeypatch.setenv("API_PORT", "4000")
    assert api_client(None).base_url == "http://[::1]:4000"


@pytest.mark.usefixtures("running_up")
def test_the_stores_are_those_of_a_running_local_system() -> None:
    settings = store_settings(None)
    assert (settings.mongodb_uri, settings.redis_uri, settings.storage, settings.data_dir) == (
        "mongodb://x/y",
        "redis://x",
        "filesystem",
        Path(".imagejobs"),
    )


@pytest.mark.usefixtures("running_up")
def test_mongodb_uri_comes_before_a_running_local_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONGODB_URI", "mongodb://of-the-settings/jobs")
    with pytest.raises(ConfigurationError, match="R2_BUCKET"):
        store_settings(None)
    monkeypatch.setenv("STORAGE", "filesystem")
    assert store_settings(None).mongodb_uri == "mongodb://of-the-settings/jobs"


def test_without_a_local_system_the_stores_are_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE", "filesystem")
    assert store_settings(None).mongodb_uri == "mongodb://localhost:27017/image_jobs"


ELSEWHERE = {"API_URL": "https://images.example", "MONGODB_URI": "mongodb://elsewhere/jobs"}


def test_a_data_dir_that_is_named_comes_before_all_settings(
    running_up: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    for name, value in ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    assert api_client(running_up).base_url == UP.api_url
    settings = store_settings(running_up)
    assert (settings.mongodb_uri, settings.storage, settings.data_dir) == (UP.mongodb_uri, "filesystem", running_up)
    assert capsys.readouterr() == ("", ""), "a directory that was named is not reported"


@pytest.mark.parametrize("reach", [api_client, store_settings])
def test_a_data_dir_without_a_local_system_is_an_error(reach: Any, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no `imagejobs up` runs on .*/empty: start it with `imagejobs up"):
        reach(tmp_path / "empty")


COMMANDS = [
    ["submit", "photo.jpg"],
    ["list"],
    ["stats"],
    ["sweep"],
    ["audit"],
    *([name, "0" * 24] for name in ("status", "retry", "delete")),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_every_command_that_looks_for_a_local_system_takes_its_data_dir(
    command: list[str], run: Any, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").touch()
    result = run(*command, "--data-dir", "empty")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no `imagejobs up` runs on empty" in result.stderr
