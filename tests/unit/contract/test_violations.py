import json
import threading

import jsonschema_rs
import pytest
from imagejobs.contract.violations import MAX_MESSAGE, MAX_VIOLATIONS, Schema, Violation

PERSON = Schema(
    {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "born": {"type": "string", "format": "date"},
            "address": {
                "type": "object",
                "required": ["street"],
                "properties": {"numbers": {"items": {"type": "integer"}}},
            },
        },
    }
)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"name": 1}, "name"),
        ({}, "name"),
        ({"name": "x", "address": {}}, "address.street"),
        ({"name": "x", "address": {"street": "y", "numbers": [1, "2"]}}, "address.numbers.1"),
        ({"name": "x", "born": "2024-02-30"}, "born"),
        ([], ""),
    ],
)
def test_a_violation_names_its_place(value: object, field: str) -> None:
    assert [each.field for each in PERSON.violations(value)] == [field]


def test_a_place_can_be_put_in_front() -> None:
    assert [each.field for each in PERSON.violations({"name": 1}, "body")] == ["body.name"]
    assert [each.field for each in PERSON.violations({}, "body")] == ["body.name"]


def test_a_missing_required_field_is_reported_in_plain_words() -> None:
    assert PERSON.violations({}) == [Violation("name", "is required")]


def test_what_follows_the_schema_has_no_violations() -> None:
    assert PERSON.violations({"name": "x", "born": "2024-02-29", "address": {"street": "y", "numbers": [1]}}) == []


def test_an_endless_list_of_violations_is_cut() -> None:
    many = Schema({"type": "array", "items": {"type": "integer"}}).violations(["x"] * 1_000)
    assert len(many) == MAX_VIOLATIONS


def test_formats_are_checked() -> None:
    born = Schema({"type": "string", "format": "date"})
    assert born.violations("2024-02-29") == []
    assert born.violations("2024-02-30") != []


@pytest.mark.parametrize("value", ["\ud800", json.loads("[" * 900 + "]" * 900)], ids=["half a pair", "too deep"])
def test_what_cannot_be_judged_is_a_violation_of_the_whole(value: object) -> None:
    (violation,) = Schema({"properties": {"name": {"enum": ["a"]}}}).violations({"name": value}, "body")
    assert violation.field == "body"
    assert "not plain JSON" in violation.message


def test_a_short_message_is_not_shortened() -> None:
    (violation,) = Schema({"enum": ["a"]}).violations("b")
    assert violation.message == '"b" is not one of "a"'


def test_a_long_message_is_shortened_in_the_middle() -> None:
    (violation,) = Schema({"enum": ["a"]}).violations("x" * 100_000)
    assert MAX_MESSAGE <= len(violation.message) <= MAX_MESSAGE + 3
    assert " … " in violation.message
    assert violation.message.endswith('"a"')


@pytest.mark.parametrize(("too_many", "is_shortened"), [(0, False), (1, True)])
def test_a_message_is_shortened_only_beyond_the_longest_length(too_many: int, is_shortened: bool) -> None:
    (least,) = Schema({"enum": ["a"]}).violations("")
    (violation,) = Schema({"enum": ["a"]}).violations("x" * (MAX_MESSAGE - len(least.message) + too_many))
    assert (" … " in violation.message) == is_shortened


def test_as_json_a_violation_of_the_whole_has_no_field() -> None:
    assert Violation("", "is wrong").to_json() == {"message": "is wrong"}
    assert Violation("a.b", "is wrong").to_json() == {"field": "a.b", "message": "is wrong"}


def test_nothing_is_fetched_for_a_reference_to_elsewhere() -> None:
    with pytest.raises(
        jsonschema_rs.ValidationError, match=r"Retrieval is disabled, cannot fetch http://schema\.example"
    ):
        Schema({"$ref": "http://schema.example/person.json"})


def test_a_schema_serves_several_threads_at_once() -> None:
    wrong: list[object] = []

    def judge(value: object, count: int) -> None:
        wrong.extend(value for _ in range(200) if len(PERSON.violations(value)) != count)

    threads = [threading.Thread(target=judge, args=case) for case in (({}, 1), ({"name": "x"}, 0)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
