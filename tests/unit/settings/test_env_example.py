""".env.example against the settings that it documents, and compose.yaml against .env.example."""

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from imagejobs.settings.settings import Settings

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / ".env.example"
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
FROM_ENV = re.compile(r"\$\{([A-Z][A-Z0-9_]*):-([^}]*)\}")
NAMES = frozenset(name.upper() for name in Settings.model_fields)
DECIDED_BY_COMPOSE = frozenset(
    {
        "REDIS_URI",
        "MONGODB_URI",
        "STORAGE",
        "R2_ENDPOINT",
        "R2_BUCKET",
        "R2_PUBLIC_URL",
        "R2_REGION",
        "R2_PROXY",
        "SOURCE_URL",
        "DATA_DIR",
        "API_HOST",
        "API_PORT",
        "API_URL",
        "API_PROXY",
        "ALLOW_UNAUTHENTICATED",
        "METRICS_HOST",
    }
)
"""Settings that compose.yaml gives itself: addresses, the place of the images, and authentication."""
SECRETS = frozenset(["API_TOKENS", "WORKER_TOKENS", "R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY"])
NUMBERS = NAMES - DECIDED_BY_COMPOSE - SECRETS
OWN_DEFAULTS = frozenset({"WORKER_PROCESSES"})
"""WORKER_PROCESSES is 2 here instead of the number of cores, because WORKER_MEMORY is enough for two."""


def compose_environment(service: str) -> Mapping[str, str]:
    """A service's environment in compose.yaml, with `${…}` not expanded."""
    written: Mapping[str, str] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"][service]["environment"]
    return written


def assignments() -> list[tuple[str, str]]:
    """Each assignment of the file, after the line before it."""
    lines = EXAMPLE.read_text().splitlines()
    return [(before, line) for before, line in pairwise(lines) if ASSIGNMENT.fullmatch(line)]


def test_it_names_every_setting_once_and_nothing_else() -> None:
    named = [line.partition("=")[0] for _, line in assignments()]

    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_each_setting_has_its_explanation_above_it() -> None:
    unexplained = [line for before, line in assignments() if not re.fullmatch(r"# .{10,}\.", before)]

    assert unexplained == []


def test_every_other_line_is_a_comment_or_empty() -> None:
    assigned = {line for _, line in assignments()}
    rest = [line for line in EXAMPLE.read_text().splitlines() if line not in assigned]

    assert [line for line in rest if line and not line.startswith("# ")] == []


def test_its_values_are_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    copied = Settings(_env_file=EXAMPLE, storage="filesystem")
    defaults = Settings(_env_file=None, storage="filesystem")

    assert copied == defaults


@pytest.mark.parametrize("service", ["api", "worker", "reconciler"])
def test_compose_passes_every_number_to_each_process_that_touches_images(service: str) -> None:
    passed = {name for name, value in compose_environment(service).items() if _name_in_env(value) == name}

    assert sorted(NUMBERS - passed) == []


def test_compose_passes_the_secrets_to_those_that_check_or_show_them() -> None:
    environment = compose_environment("api")
    passed = {name for name in SECRETS if _name_in_env(environment[name]) == name}

    assert passed == SECRETS


@pytest.mark.parametrize("service", ["api", "worker", "reconciler", "queue-adapter", "indexes", "bucket"])
def test_compose_sets_only_settings_and_renames_none(service: str) -> None:
    environment = compose_environment(service)

    assert sorted(environment.keys() - NAMES) == []
    assert [name for name, value in environment.items() if _name_in_env(value) not in {None, name}] == []


@pytest.mark.parametrize("service", ["api", "worker", "reconciler", "queue-adapter", "indexes", "bucket"])
def test_compose_leaves_each_default_to_the_settings(service: str) -> None:
    defaults = {
        name: match[2]
        for name, value in compose_environment(service).items()
        if name not in SECRETS | OWN_DEFAULTS and (match := FROM_ENV.fullmatch(str(value)))
    }

    assert [name for name, default in defaults.items() if default] == []


def test_the_queue_adapter_reads_the_list_that_the_api_fills() -> None:
    assert compose_environment("queue-adapter")["TASK_QUEUE"] == compose_environment("api")["TASK_QUEUE"]


def _name_in_env(value: object) -> str | None:
    match = FROM_ENV.fullmatch(str(value))
    return match[1] if match else None
