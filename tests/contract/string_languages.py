"""The texts that a schema accepts, as a formal language: proves that one schema accepts no less than another.

A schema that a language cannot express raises NotText.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contract.languages import (
    ANY,
    LAST,
    NOTHING,
    Chars,
    Language,
    Repeated,
    after,
    borders,
    both,
    char,
    either,
    repeated,
    sequence,
    takes_empty,
)

MOST_STEPS = 2_000
ABOUT_TEXT = frozenset({"type", "pattern", "minLength", "maxLength", "format", "enum", "const", "anyOf", "allOf"})

DATE = (
    r"[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
LEAP_DAY = r"([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?([zZ]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
FORMATS: Mapping[str, str] = {
    "date": f"^({DATE}|{LEAP_DAY})$",
    "date-time": f"^({DATE}|{LEAP_DAY})[tT]{TIME}$",
}
"""The most that a format accepts, by RFC 3339's grammar. Validators may accept less: few leap seconds happened."""


class NotText(Exception):
    """The schema accepts more than texts, or uses a keyword or pattern that this comparison does not support."""


def refused_text(looser: Any, stricter: Any) -> str | None:
    """A shortest text that the looser schema accepts and the stricter one refuses; None if no such text exists.

    Raises NotText if the comparison takes more than MOST_STEPS steps.
    """
    begin = (language(looser, may_be_wider=True), language(stricter, may_be_wider=False))
    letters = [chr(each) for each in sorted({0} | borders(begin[0]) | borders(begin[1])) if each <= LAST]
    seen, ahead = {begin}, [(begin, "")]
    for (these, those), text in ahead:
        if takes_empty(these) and not takes_empty(those):
            return text
        for letter in letters:
            following = (after(these, ord(letter)), after(those, ord(letter)))
            if following[0] != NOTHING and following not in seen:
                seen.add(following)
                ahead.append((following, text + letter))
        if len(seen) > MOST_STEPS:
            raise NotText("too large to compare")
    return None


def language(schema: Any, *, may_be_wider: bool) -> Language:
    """The texts that a schema accepts. FORMATS are upper bounds, so a format is allowed only if `may_be_wider`."""
    if not isinstance(schema, Mapping):
        raise NotText(schema)
    said = {name: each for name, each in schema.items() if name in ABOUT_TEXT}
    if any(name not in ABOUT_TEXT | FOR_PEOPLE and not name.startswith("x-") for name in schema):
        raise NotText(sorted(schema))
    values = [said["const"]] if "const" in said else said.get("enum", [])
    if said.get("type", "string") != "string" or not all(isinstance(each, str) for each in values):
        raise NotText("not only text")
    if "type" not in said and not values and "anyOf" not in said:
        raise NotText("anything that is not text, too")
    return both(_conditions(said, values, may_be_wider=may_be_wider))


FOR_PEOPLE = frozenset({"title", "description", "summary", "example", "examples", "deprecated", "$comment"})


def _conditions(said: Mapping[str, Any], values: list[str], *, may_be_wider: bool) -> Iterator[Language]:
    yield repeated(ANY, said.get("minLength", 0), said.get("maxLength"))
    if values:
        yield either(sequence([char(each) for each in value]) for value in values)
    if "pattern" in said:
        yield of_pattern(said["pattern"])
    if "format" in said:
        if not may_be_wider or said["format"] not in FORMATS:
            raise NotText(said["format"])
        yield of_pattern(FORMATS[said["format"]])
    if "anyOf" in said:
        yield either(language(each, may_be_wider=may_be_wider) for each in said["anyOf"])
    for each in said.get("allOf", ()):
        yield language({"type": "string"} | each, may_be_wider=may_be_wider)


def of_pattern(pattern: str) -> Language:
    """The texts in which a `pattern` is found; without anchors, the rest of the text is arbitrary."""
    try:
        parts = list(re._parser.parse(pattern))
    except re.error as error:
        raise NotText(pattern) from error
    head = [] if parts and parts[0] == (_op("AT"), _op("AT_BEGINNING")) else [Repeated(ANY, 0, None)]
    tail = [] if parts and parts[-1] == (_op("AT"), _op("AT_END")) else [Repeated(ANY, 0, None)]
    inner = parts[1 - len(head) : len(parts) - 1 + len(tail)]
    return sequence([*head, *map(_of_node, inner), *tail])


def _op(name: str) -> Any:
    return getattr(re._constants, name)


def _of_node(node: tuple[Any, Any]) -> Language:
    kind, value = node
    match str(kind):
        case "LITERAL":
            return char(chr(value))
        case "NOT_LITERAL":
            return Chars(_all_but([(value, value)]))
        case "IN":
            return _of_class(value)
        case "BRANCH":
            return either(sequence(map(_of_node, each)) for each in value[1])
        case "SUBPATTERN" if not value[1] and not value[2]:
            return sequence(map(_of_node, value[3]))
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            return repeated(sequence(map(_of_node, inner)), least, None if most == _op("MAXREPEAT") else most)
        case _:
            raise NotText(f"{kind} in a pattern")


def _of_class(members: list[tuple[Any, Any]]) -> Language:
    negated = str(members[0][0]) == "NEGATE"
    spans = []
    for kind, value in members[negated:]:
        if str(kind) not in {"LITERAL", "RANGE"}:
            raise NotText(f"{kind} in a pattern")
        spans.append(value if str(kind) == "RANGE" else (value, value))
    return Chars(_all_but(spans) if negated else tuple(sorted(spans)))


def _all_but(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    found, begin = [], 0
    for first, last in sorted(spans):
        if first > begin:
            found.append((begin, first - 1))
        begin = max(begin, last + 1)
    return (*found, (begin, LAST)) if begin <= LAST else tuple(found)
