"""The languages of schemas agree with a validator, and the difference of two languages is found."""

import itertools
from typing import Any

import jsonschema_rs
import pytest
from contract.languages import after, takes_empty
from contract.string_languages import FORMATS, NotText, language, refused_text

TEXT = {"type": "string"}


def takes(schema: Any, text: str) -> bool:
    rest = language(schema, may_be_wider=True)
    for letter in text:
        rest = after(rest, ord(letter))
    return takes_empty(rest)


SCHEMAS: list[dict[str, Any]] = [
    {"pattern": "^a*b?$"},
    {"pattern": "b"},
    {"pattern": "^b"},
    {"pattern": "a$"},
    {"pattern": "^(a|bc|ab){1,2}$"},
    {"pattern": "^[^a]+$"},
    {"pattern": "^(a?){2,3}c$"},
    {"pattern": "^(ab?)*?c{2}$", "minLength": 3},
    {"minLength": 1, "maxLength": 2},
    {"maxLength": 0},
    {"enum": ["a", "abc", ""]},
    {"const": "bc"},
    {"anyOf": [TEXT | {"pattern": "^a"}, TEXT | {"maxLength": 1}]},
    {"allOf": [{"pattern": "^a"}, {"pattern": "c$"}]},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_a_language_takes_what_the_validator_takes(schema: dict[str, Any]) -> None:
    schema = TEXT | schema
    validator = jsonschema_rs.Draft202012Validator(schema)
    for size in range(6):
        for text in map("".join, itertools.product("abc", repeat=size)):
            assert takes(schema, text) == validator.is_valid(text), text


def test_days_and_times_are_those_of_the_validator() -> None:
    days = [
        f"{y}-{m:02}-{d:02}" for y in (1900, 2000, 2023, 2024) for m in range(14) for d in (0, 1, 28, 29, 30, 31, 32)
    ]
    clock = [f"{h:02}:{m:02}:{s:02}" for h, m, s in [(0, 0, 0), (23, 59, 59), (24, 0, 0), (0, 60, 0), (0, 0, 61)]]
    zones = ["Z", "z", "+00:00", "-23:59", "+24:00", "+00:60", "", "+0000"]
    moments = [f"2024-02-29{t}{c}{f}{z}" for t in "Tt " for c in clock for f in ("", ".1", ".") for z in zones]
    for name, texts in (("date", days), ("date-time", [*moments, *(f"{day}T00:00:00Z" for day in days)])):
        validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
        schema = TEXT | {"pattern": FORMATS[name]}
        assert [each for each in texts if takes(schema, each) != validator.is_valid(each)] == []


@pytest.mark.parametrize(
    ("looser", "stricter", "refused"),
    [
        ({"maxLength": 3}, {"maxLength": 2}, "\x00\x00\x00"),
        ({"pattern": "^[a-z]{2}$"}, {"pattern": "^[a-y]{2}$"}, "az"),
        ({"pattern": "^[a-z]{2}$"}, {"pattern": "^[a-z]+$", "minLength": 2}, None),
        ({"enum": ["aa", "b"]}, {"pattern": "^a*$"}, "b"),
        ({"pattern": "x"}, {"minLength": 1}, None),
        ({}, {"pattern": "^[^b]*$"}, "b"),
    ],
)
def test_a_shortest_text_that_one_refuses_is_found(looser: Any, stricter: Any, refused: str | None) -> None:
    assert refused_text(TEXT | looser, TEXT | stricter) == refused


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"maxLength": 3},
        {"type": "integer"},
        {"type": ["string", "null"]},
        {"enum": ["a", 1]},
        TEXT | {"not": {"const": "a"}},
        TEXT | {"default": "a"},
        TEXT | {"format": "uri"},
        TEXT | {"pattern": r"\d"},
        TEXT | {"pattern": "."},
        TEXT | {"pattern": "(?=a)b"},
        TEXT | {"pattern": "(^a|b$)"},
        TEXT | {"pattern": "["},
    ],
    ids=str,
)
def test_what_is_beyond_it_is_not_guessed(schema: Any) -> None:
    with pytest.raises(NotText):
        language(schema, may_be_wider=True)


def test_a_format_is_known_from_above_only() -> None:
    assert refused_text(TEXT | {"format": "date"}, TEXT | {"maxLength": 10}) is None
    with pytest.raises(NotText):
        refused_text(TEXT | {"const": "2024-01-01"}, TEXT | {"format": "date"})


def test_a_comparison_that_grows_too_large_ends() -> None:
    with pytest.raises(NotText, match="too large"):
        refused_text(TEXT | {"pattern": "^[ab]*a[ab]{16}$"}, TEXT | {"pattern": "^([ab]*a[ab]{16}|[ab]*b[ab]{16})$"})
