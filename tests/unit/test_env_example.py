""".env.example against the settings that it documents."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from imagejobs.settings import Settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"
ASSIGNMENT = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def assignments() -> list[tuple[str, str]]:
    """Each line of the file with the line before it."""
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

    copied = Settings(_env_file=EXAMPLE, storage="filesystem")  # type: ignore[call-arg]  # pydantic-settings' own argument
    defaults = Settings(_env_file=None, storage="filesystem")  # type: ignore[call-arg]  # as above

    assert copied == defaults
