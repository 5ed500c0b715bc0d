"""How settings are read from the environment and `.env`, and how mistakes are reported."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from imagejobs.contract.openapi import load_contract
from imagejobs.errors import ConfigurationError
from imagejobs.settings.settings import (
    ApiAddress,
    Settings,
    load_api_address,
    load_conversion_settings,
    load_settings,
    misspelt_variables,
)
from imagejobs.storage.keys import RAW_PREFIX, is_safe_key

R2 = {
    "R2_ENDPOINT": "https://account.r2.invalid/",
    "R2_ACCESS_KEY_ID": "access-key-id",
    "R2_SECRET_ACCESS_KEY": "secret-access-key",
    "R2_BUCKET": "images",
    "R2_PUBLIC_URL": "https://pub.invalid/",
}
SECRETS = {
    **R2,
    "REDIS_URI": "redis://user:redis-password@127.0.0.1:6379/0",
    "MONGODB_URI": "mongodb://user:mongo-password@127.0.0.1:27017/image_jobs",
    "API_TOKENS": "api-token-1,api-token-2",
    "WORKER_TOKENS": "worker-token-1",
}
DURATIONS = (
    "SHUTDOWN_SECONDS",
    "LEASE_SECONDS",
    "LEGACY_LEASE_SECONDS",
    "PENDING_AFTER",
    "RECONCILE_INTERVAL",
    "SWEEP_INTERVAL",
    "ORPHAN_AFTER",
)


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory and an environment without any of the settings."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    return tmp_path


def set_all(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def mistakes(**overrides: Any) -> dict[str, str]:
    """The reported mistakes, by the setting's name."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(**overrides)
    return dict(line.split(": ", 1) for line in str(caught.value).splitlines())


class TestMistakes:
    def test_without_any_setting_the_missing_ones_are_named_with_the_way_out(self) -> None:
        found = mistakes()
        assert set(found) == set(R2)
        assert all("STORAGE=filesystem" in message for message in found.values())

    def test_all_of_them_are_reported_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = {
            "API_PORT": "http",
            "API_URL": "localhost:3000",
            "REDIS_URI": "localhost:6379",
            "MONGODB_URI": "mongodb://localhost:27017",
            "R2_ENDPOINT": "account.r2.invalid",
            "SOURCE_URL": "private",
            "OUTPUT_PREFIX": "/",
            "MAX_SIDE": "20000",
            "WEBP_QUALITY": "100",
            "MAX_ATTEMPTS": "0",
            "LEASE_SECONDS": "-1",
            "ALLOW_UNAUTHENTICATED": "perhaps",
            "LOG_LEVEL": "LOUD",
        }
        set_all(monkeypatch, **wrong)
        assert set(mistakes()) == set(wrong) | set(R2)

    @pytest.mark.parametrize("name", sorted(R2))
    def test_a_missing_r2_setting_is_reported_by_its_name(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        set_all(monkeypatch, **{each: value for each, value in R2.items() if each != name})
        assert set(mistakes()) == {name}

    @pytest.mark.parametrize("name", ["R2_ENDPOINT", "R2_PUBLIC_URL", "API_URL"])
    @pytest.mark.parametrize("value", ["ftp://x.invalid", "x.invalid", "http://", "//x.invalid", "http://[x"])
    def test_an_address_that_is_not_http_is_shown(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
        set_all(monkeypatch, **R2 | {name: value})
        assert mistakes() == {name: f"{value!r} is not an http:// or https:// address"}

    def test_a_wrong_kind_of_storage_is_the_only_mistake_about_storage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="disk")
        assert set(mistakes()) == {"STORAGE"}

    def test_no_secret_is_in_a_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        wrong = {name: f"wrong-{value}" for name, value in SECRETS.items() if name.endswith("_URI")}
        set_all(monkeypatch, **SECRETS | wrong | {"API_PORT": "http", "R2_BUCKET": ""})
        with pytest.raises(ConfigurationError) as caught:
            load_settings()
        for secret in ("redis-password", "mongo-password", "secret-access-key", "api-token", "worker-token"):
            assert secret not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    def test_a_password_that_was_not_encoded_is_not_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        uris = {"REDIS_URI": "rediss://default:pass/word@h:6379", "MONGODB_URI": "mongodb://u:pass@word@h/x"}
        set_all(monkeypatch, STORAGE="filesystem", **uris)
        found = mistakes()
        assert set(found) == set(uris)
        assert not any("pass/" in message or "word@" in message for message in found.values())

    @pytest.mark.parametrize(
        "prefix",
        ["/", "//", ".", "..", "a//b", "../a", "a/..", ".a", "a b", "a?", "ä", "a/.b", "a", "a/b.c", "-_", "7"],
    )
    def test_a_prefix_is_taken_if_its_keys_are(self, monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
        set_all(monkeypatch, STORAGE="filesystem", OUTPUT_PREFIX=prefix)
        if is_safe_key(f"{prefix.strip('/')}/x"):
            assert load_settings().output_prefix == f"{prefix.strip('/')}/"
        else:
            assert set(mistakes()) == {"OUTPUT_PREFIX"}

    @pytest.mark.parametrize("prefix", [RAW_PREFIX, "raw", f"{RAW_PREFIX}optimized"])
    def test_the_prefix_of_results_is_not_that_of_the_sources(self, prefix: str) -> None:
        assert set(mistakes(storage="filesystem", output_prefix=prefix)) == {"OUTPUT_PREFIX"}

    @pytest.mark.parametrize("name", ["API_TOKENS", "WORKER_TOKENS"])
    @pytest.mark.parametrize("token", ["pässword", "two words", "\x7f"])
    def test_a_token_that_no_header_carries_is_refused_and_not_shown(
        self, monkeypatch: pytest.MonkeyPatch, name: str, token: str
    ) -> None:
        set_all(monkeypatch, STORAGE="filesystem", **{name: f"good,{token}"})
        found = mistakes()
        assert set(found) == {name}
        assert token not in found[name]

    @pytest.mark.parametrize("seconds", ["inf", "nan", "1e12"])
    @pytest.mark.parametrize("name", DURATIONS)
    def test_a_time_longer_than_a_year_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, name: str, seconds: str
    ) -> None:
        set_all(monkeypatch, STORAGE="filesystem", **{name: seconds})
        assert set(mistakes()) == {name}

    @pytest.mark.parametrize("seconds", [0.9, 3601])
    def test_a_lease_that_the_contract_does_not_take_is_refused(self, seconds: float) -> None:
        schema = load_contract().document["components"]["schemas"]["StatusUpdate"]["properties"]["leaseSeconds"]
        assert not schema["minimum"] <= seconds <= schema["maximum"]
        assert set(mistakes(storage="filesystem", lease_seconds=seconds)) == {"LEASE_SECONDS"}


class TestMisspeltNames:
    def test_in_the_file_they_are_mistakes_among_the_others(self, directory: Path) -> None:
        (directory / ".env").write_text("STORAGE=filesystem\nRENDITION=480\nMAX_SDIE=100\nAPI_PORT=many\nFOO=1\n")
        found = mistakes()
        assert found.keys() == {"RENDITION", "MAX_SDIE", "API_PORT"}
        assert found["RENDITION"].startswith("this is not a setting; did you mean RENDITIONS? (.env; ")

    @pytest.mark.parametrize("load", [load_settings, load_api_address, load_conversion_settings])
    def test_they_are_whatever_is_loaded(self, directory: Path, load: Callable[[], object]) -> None:
        (directory / ".env").write_text("STORAGE=filesystem\nRENDITION=480\n")
        with pytest.raises(ConfigurationError, match="did you mean RENDITIONS"):
            load()

    def test_the_setting_itself_makes_them_another_programs(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (directory / ".env").write_text("STORAGE=filesystem\nREDIS_URL=redis://other\n")
        assert set(mistakes()) == {"REDIS_URL"}
        monkeypatch.setenv("REDIS_URI", "redis://ours")
        assert load_settings().redis_uri == "redis://ours"

    def test_in_the_environment_they_are_warnings(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        set_all(monkeypatch, STORAGE="filesystem", RENDITION="480", REDIS_URL="x")
        assert load_settings().renditions == ()
        assert misspelt_variables() == [
            "REDIS_URL: this is not a setting; did you mean REDIS_URI?",
            "RENDITION: this is not a setting; did you mean RENDITIONS?",
        ]
        (directory / ".env").write_text("REDIS_URI=redis://ours\n")
        assert [each.split(":")[0] for each in misspelt_variables()] == ["RENDITION"]

    def test_a_file_that_is_not_text_is_a_mistake(self, directory: Path) -> None:
        (directory / ".env").write_bytes(b"STORAGE=filesystem\nMAX_SIDE=\xff\n")
        assert mistakes() == {".env": "byte 28 is not UTF-8: save the file as UTF-8"}


class TestSecrets:
    def test_none_is_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, **SECRETS)
        settings = load_settings()
        for text in (repr(settings), str(settings), f"{settings}", repr(settings.r2_secret_access_key)):
            for secret in ("password", "secret-access-key", "access-key-id", "token-1", "token-2"):
                assert secret not in text

    def test_code_that_needs_them_can_read_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, **SECRETS)
        settings = load_settings()
        assert settings.r2_secret_access_key.get_secret_value() == "secret-access-key"
        assert [token.get_secret_value() for token in settings.api_tokens] == ["api-token-1", "api-token-2"]


class TestReading:
    def test_lists_are_separated_by_commas(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="filesystem", API_TOKENS=" a, b ,,c,", WORKER_TOKENS=",")
        settings = load_settings()
        assert [token.get_secret_value() for token in settings.api_tokens] == ["a", "b", "c"]
        assert settings.worker_tokens == ()

    def test_a_token_that_looks_like_json_is_a_token(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="filesystem", API_TOKENS='["a"]')
        assert [token.get_secret_value() for token in load_settings().api_tokens] == ['["a"]']

    def test_the_file_is_read_and_the_environment_wins(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        (directory / ".env").write_text("STORAGE=filesystem\nMAX_SIDE=100\nWEBP_QUALITY=70\nNODE_ENV=production\n")
        set_all(monkeypatch, MAX_SIDE="200", PATH_TO_SOMETHING_ELSE="x")
        settings = load_settings()
        assert (settings.max_side, settings.webp_quality) == (200, 70)

    def test_an_argument_wins_over_both(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="filesystem", MAX_SIDE="200")
        assert load_settings(max_side=300).max_side == 300

    def test_an_empty_variable_is_an_unset_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="filesystem", MAX_SIDE="", API_PORT="", API_TOKENS="")
        settings = load_settings()
        assert (settings.max_side, settings.api_port, settings.api_tokens) == (1920, 3000, ())

    def test_the_defaults_are_the_guides_addresses(self) -> None:
        settings = load_settings(storage="filesystem")
        assert settings.redis_uri == "redis://localhost:6379"
        assert settings.mongodb_uri == "mongodb://localhost:27017/image_jobs"
        assert (settings.task_queue, settings.output_prefix, settings.r2_region) == ("task_queue", "optimized/", "auto")

    def test_addresses_lose_their_last_slash_and_prefixes_have_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, **R2, API_URL="https://api.invalid/base/", OUTPUT_PREFIX="/processed")
        settings = load_settings()
        assert settings.r2_endpoint == "https://account.r2.invalid"
        assert settings.public_base_url == "https://pub.invalid"
        assert settings.api_base_url == "https://api.invalid/base"
        assert settings.output_prefix == "processed/"

    def test_settings_do_not_change(self) -> None:
        settings = load_settings(storage="filesystem")
        with pytest.raises(ValueError, match="frozen"):
            settings.max_side = 1


class TestApiAddress:
    @pytest.mark.parametrize(
        ("environment", "address"),
        [
            ({}, "http://127.0.0.1:3000"),
            ({"API_PORT": "80"}, "http://127.0.0.1:80"),
            ({"API_HOST": "0.0.0.0"}, "http://127.0.0.1:3000"),  # noqa: S104 - read, not bound
            ({"API_HOST": "::"}, "http://[::1]:3000"),
            ({"API_HOST": "::1"}, "http://[::1]:3000"),
            ({"API_HOST": "api.invalid", "API_PORT": "8080"}, "http://api.invalid:8080"),
            ({"API_HOST": "api.invalid", "API_URL": "https://elsewhere.invalid"}, "https://elsewhere.invalid"),
        ],
    )
    def test_it_follows_from_host_and_port_unless_it_is_set(
        self, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str
    ) -> None:
        set_all(monkeypatch, **environment)
        assert load_api_address().api_base_url == address

    def test_a_caller_needs_no_setting_of_the_storage(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, STORAGE="s3", R2_ENDPOINT="nonsense", API_TOKENS="token")
        found = load_api_address()
        assert isinstance(found, ApiAddress)
        assert not isinstance(found, Settings)
        assert found.api_tokens[0].get_secret_value() == "token"

    def test_a_callers_mistakes_are_reported_by_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        set_all(monkeypatch, API_PORT="70000", API_URL="api.invalid")
        with pytest.raises(ConfigurationError, match=r"(?s)API_PORT: .*API_URL: 'api\.invalid' is not"):
            load_api_address()

    def test_images_on_this_machine_have_the_apis_address(self) -> None:
        assert load_settings(storage="filesystem", api_port=3999).public_base_url == "http://127.0.0.1:3999/media"

    def test_no_image_has_the_password_that_api_url_has(self) -> None:
        settings = load_settings(storage="filesystem", api_url="https://u:secret@api.invalid/images")
        assert settings.api_base_url == "https://u:secret@api.invalid/images"
        assert settings.public_base_url == "https://api.invalid/images/media"

    @pytest.mark.parametrize(
        ("host", "expected"),
        [
            ("127.0.0.1", True),
            ("localhost", True),
            ("::1", True),
            ("127.0.0.2", True),
            ("0.0.0.0", False),  # noqa: S104 - compared, not bound
            ("10.0.0.1", False),
        ],
    )
    def test_loopback_is_this_machine_only(self, host: str, expected: bool) -> None:
        assert load_settings(storage="filesystem", api_host=host).is_loopback is expected


@pytest.mark.parametrize("value", ["", "staging", "team-1.b_c", "x" * 64])
def test_a_namespace_of_plain_characters_is_taken(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, STORAGE="filesystem", REDIS_NAMESPACE=value)
    assert load_settings().redis_namespace == value


@pytest.mark.parametrize("value", ["a b", "a:b", "a*", "{a}", "-a", ".a", "a\n", "é", "x" * 65])
def test_a_namespace_of_other_characters_is_a_mistake(value: str) -> None:
    assert set(mistakes(storage="filesystem", redis_namespace=value)) == {"REDIS_NAMESPACE"}
