from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.cli.checks import Concern, Deployment, tokens
from imagejobs.cli.checks.engine import check_engine
from imagejobs.cli.checks.examination import Finding
from imagejobs.cli.checks.examination import finding as found
from imagejobs.cli.checks.storage import check_storage
from imagejobs.cli.discovery import FoundApi
from imagejobs.client.errors import ApiRefused
from imagejobs.conversion.sandbox.deaths import not_started
from imagejobs.conversion.sandbox.pool import Converter
from imagejobs.conversion.sandbox.result import Abilities
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import Settings
from imagejobs.storage.filesystem import FilesystemStorage
from imagejobs.storage.object_storage import ObjectNotFound
from worlds.command_line import data, failure
from worlds.memory_api import memory_settings

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image library without HEIC. The tests in tests/functional use the real one."""
    abilities = Abilities(
        "ImageMagick 6.9, libwebp 1.2", ("jpeg", "png", "gif", "webp", "tiff"), without=("network", "other processes")
    )
    monkeypatch.setattr(Converter, "abilities", lambda _: abilities)


def test_the_engine_says_what_it_reads_and_what_it_does_not() -> None:
    assert check_engine() == (
        "ImageMagick 6.9, libwebp 1.2 reads JPEG, PNG, GIF, WebP, TIFF; "
        "not HEIC, AVIF (the library has no decoder for it); without access to network, other processes; "
        "WITH access to foreign files (use Linux 5.13 and libseccomp)"
    )


def test_an_engine_that_cannot_be_started_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Converter, "abilities", lambda _: raises(not_started("no library")))
    finding = found("engine", check_engine)
    assert (finding.ok, "no library" in finding.text) == (False, True)


def raises(error: Exception) -> Any:
    raise error


def test_every_wrong_setting_is_reported_by_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URI", "http://localhost")
    monkeypatch.setenv("MONGODB_URI", "mongodb://localhost:27017")
    monkeypatch.setenv("API_PORT", "many")
    monkeypatch.setenv("R2_ENDPOINT", "not an address")
    result = run("doctor", "--json")
    assert result.exit_code == 1
    findings = failure(result)["data"]
    assert {finding["name"]: finding["ok"] for finding in findings} == {"settings": False, "engine": True}
    names = {finding["text"].split(":")[0] for finding in findings if finding["name"] == "settings"}
    assert names == {
        "REDIS_URI",
        "MONGODB_URI",
        "API_PORT",
        "R2_ENDPOINT",
        "R2_ACCESS_KEY_ID",
        "R2_SECRET_ACCESS_KEY",
        "R2_BUCKET",
        "R2_PUBLIC_URL",
    }


def test_a_data_dir_without_a_local_system_is_a_finding(run: Run) -> None:
    result = run("doctor", "--json", "--data-dir", "empty")
    assert result.exit_code == 1
    finding = failure(result)["data"][0]
    assert (finding["name"], finding["ok"]) == ("settings", False)
    assert finding["text"].startswith("no `imagejobs up` runs on empty")


def test_a_server_open_to_the_network_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_status", lambda *_: 200)
    with pytest.raises(ConfigurationError, match=r"WORKER_TOKENS not set, and API_HOST=0\.0\.0\.0 is open"):
        tokens_of(memory_settings(api_host="0.0.0.0"))  # noqa: S104 - it must be found
    assert "open to this machine" in tokens_of(memory_settings())


def tokens_of(settings: Settings) -> str:
    return tokens.check_tokens(deployment(settings))


@pytest.mark.parametrize("error", [ObjectNotFound("raw/x"), ApiRefused(404, "", "no"), KeyError("x")])
def test_whatever_a_check_raises_becomes_a_finding(error: Exception) -> None:
    finding = found("storage", lambda: raises(error))
    assert (finding.name, finding.ok) == ("storage", False)
    assert finding.text == (f"unexpected: {error!r}" if isinstance(error, KeyError) else str(error))


def test_a_concern_is_a_warning_and_no_failure() -> None:
    finding = found("redis", lambda: raises(Concern("maxmemory-policy")))
    assert (finding.ok, finding.is_warning, finding.text) == (True, True, "maxmemory-policy")


def test_a_warning_is_marked_and_leaves_the_exit_code_0(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [Finding("redis", True, "maxmemory-policy", is_warning=True), Finding("api", True, "is ready")]
    monkeypatch.setattr("imagejobs.cli.doctor.examine", lambda _: findings)
    result = run("doctor")
    assert (result.exit_code, [line.split()[0] for line in result.stdout.splitlines()]) == (0, ["warn", "ok"])
    assert [each["warning"] for each in data(run("doctor", "--json"))] == [True, False]


def deployment(settings: Settings) -> Deployment:
    return Deployment(settings, FoundApi(settings, {}))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return memory_settings(data_dir=tmp_path / "data")


def test_what_it_tries_the_storage_with_is_gone_afterwards(settings: Settings, tmp_path: Path) -> None:
    assert (
        check_storage(deployment(settings)) == "filesystem: wrote, read, listed and deleted under raw/ and optimized/"
    )
    assert [each for each in tmp_path.rglob("doctor-*") if each.is_file()] == []


def test_a_storage_that_answers_other_bytes_is_a_finding_and_nothing_stays(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FilesystemStorage, "get", lambda *_: b"a proxy's error page")
    finding = found("storage", lambda: check_storage(deployment(settings)))
    assert not finding.ok
    assert finding.text.startswith("storage answered other bytes than were written to raw/doctor-")
    assert [each for each in tmp_path.rglob("doctor-*") if each.is_file()] == []


def test_misspelt_names_are_found(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("imagejobs.cli.checks.examination.CHECKS", ())
    monkeypatch.setenv("STORAGE", "filesystem")
    monkeypatch.setenv("RENDITION", "480")
    warning = data(run("doctor", "--json"))[-1]
    assert (warning["name"], warning["ok"], warning["warning"]) == ("settings", True, True)
    assert warning["text"] == "environment: RENDITION: this is not a setting; did you mean RENDITIONS?"
    (tmp_path / ".env").write_text("MAX_SDIE=1\n")
    finding = failure(run("doctor", "--json"))["data"][0]
    assert (finding["name"], finding["ok"]) == ("settings", False)
    assert finding["text"].startswith("MAX_SDIE: this is not a setting; did you mean MAX_SIDE?")
