"""Finds where one JSON Schema refuses data that another accepts. Both must be free of references."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from math import inf
from typing import Any

from contract.schema_spellings import ANNOTATIONS, ANYTHING, Schema, bare, is_same, plain, types_of
from contract.string_languages import NotText, refused_text


class Side(Enum):
    """Who accepts the data that a schema describes: ACCEPTED by the API, from callers; GIVEN by the API, to callers."""

    ACCEPTED = "refuses what was accepted"
    GIVEN = "gives what was never given"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A keyword for which the stricter schema accepts less. `verdict` explains it if the side's usual text does not."""

    place: str
    keyword: str
    looser: Any
    stricter: Any
    verdict: str = ""


LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
TEXTS = frozenset({"pattern", "format"})
BRANCHES = frozenset({"allOf", "anyOf"})
STRUCTURE = frozenset({"properties", "additionalProperties", "items", "required"})
RANGES: Mapping[str, tuple[float, float]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "double": (-1.7e308, 1.7e308),
}
"""The ranges of number formats. `double` may hold any number: its rounding matters to no caller."""
VALUES = frozenset({"type", "enum", "uniqueItems", "default"})
CANNOT_COMPARE = "cannot compare"


def schema_changes(old: Schema, new: Schema, side: Side) -> list[str]:
    """Every change that breaks the other side, as `place: keyword old -> new: why`."""
    looser, stricter = (old, new) if side is Side.ACCEPTED else (new, old)
    return [_told(each, side) for each in _narrowings(looser, stricter, "", side)]


def _told(found: Narrowing, side: Side) -> str:
    old, new = (found.looser, found.stricter) if side is Side.ACCEPTED else (found.stricter, found.looser)
    return f"{found.place or '.'}: {found.keyword} {old} -> {new}: {found.verdict or side.value}"


def _narrowings(looser: Schema, stricter: Schema, place: str, side: Side) -> Iterator[Narrowing]:
    if isinstance(looser, bool) or isinstance(stricter, bool):
        if looser is not False and stricter is not True:
            yield Narrowing(place, "schema", looser, stricter)
        return
    these, those = _alternatives(looser), _alternatives(stricter)
    if len(these) + len(those) > 2 and all(_is_taken(each, those, place, side) for each in these):
        return
    if _is_text_taken(looser, stricter):
        return
    looser, stricter = plain(looser), plain(stricter)
    for keyword in sorted((looser.keys() | stricter.keys()) - STRUCTURE):
        if keyword in BRANCHES:
            yield from _branches(looser, stricter, keyword, place, side)
        elif keyword == "format" and _holds(looser, stricter.get(keyword)):
            continue
        elif (verdict := _verdict(keyword, looser.get(keyword), stricter.get(keyword))) is not None:
            yield Narrowing(place, keyword, looser.get(keyword), stricter.get(keyword), verdict)
    yield from _structure(looser, stricter, place, side)


def _alternatives(schema: Mapping[str, Any]) -> list[Schema]:
    """The alternatives of a schema that consists of `anyOf` only; else the schema itself."""
    return list(schema["anyOf"]) if schema.keys() - ANNOTATIONS == {"anyOf"} else [schema]


def _is_taken(looser: Schema, alternatives: Iterable[Schema], place: str, side: Side) -> bool:
    return any(not list(_narrowings(looser, each, place, side)) for each in alternatives)


def _is_text_taken(looser: Mapping[str, Any], stricter: Mapping[str, Any]) -> bool:
    """Whether both schemas are about text only and the stricter one provably accepts all texts of the looser one."""
    return is_same(looser, stricter) or _is_taken_by(json.dumps(looser), json.dumps(stricter))


@cache
def _is_taken_by(looser: str, stricter: str) -> bool:
    """`_is_text_taken` for schemas as JSON text, for the cache: many places refer to the same schemas."""
    try:
        return refused_text(json.loads(looser), json.loads(stricter)) is None
    except NotText:
        return False


def _verdict(keyword: str, looser: Any, stricter: Any) -> str | None:
    """Judge a keyword's change: None if it accepts no less, "" if it does, or a text that explains the change."""
    if keyword == "enum" and stricter is not None:
        return "" if looser is None or set(map(json.dumps, looser)) - set(map(json.dumps, stricter)) else None
    if looser == stricter:
        return None
    if keyword == "default":
        return "means something else"
    if keyword not in LOWER_BOUNDS | UPPER_BOUNDS | TEXTS | VALUES:
        return None if is_same(bare(keyword, looser), bare(keyword, stricter)) else CANNOT_COMPARE
    if stricter is None or (looser is not None and _bears(keyword, looser, stricter)):
        return None
    return ""


def _bears(keyword: str, looser: Any, stricter: Any) -> bool:
    """Whether the stricter value accepts everything that the looser one accepts."""
    if keyword in LOWER_BOUNDS:
        return bool(stricter <= looser)
    if keyword in UPPER_BOUNDS:
        return bool(stricter >= looser)
    if keyword == "type":
        return types_of(looser) <= types_of(stricter)
    return keyword == "uniqueItems" and not stricter


def _holds(looser: Mapping[str, Any], number_format: Any) -> bool:
    """Whether the range of a number format includes all numbers within the looser schema's bounds."""
    kinds = ("integer", "number") if number_format == "double" else ("integer",)
    if number_format not in RANGES or looser.get("type") not in kinds:
        return False
    least, most = RANGES[number_format]
    return bool(looser.get("minimum", -inf) >= least and looser.get("maximum", inf) <= most)


def _branches(looser: Any, stricter: Any, keyword: str, place: str, side: Side) -> Iterator[Narrowing]:
    """Compare branches pairwise, in their order. A different number of branches cannot be compared."""
    these, those = looser.get(keyword, []), stricter.get(keyword, [])
    if len(these) != len(those):
        yield Narrowing(place, keyword, these, those, CANNOT_COMPARE)
        return
    for index, (this, that) in enumerate(zip(these, those, strict=True)):
        yield from _narrowings(this, that, f"{place}.{keyword}[{index}]", side)


def _structure(looser: Any, stricter: Any, place: str, side: Side) -> Iterator[Narrowing]:
    if added := sorted(set(stricter.get("required", ())) - set(looser.get("required", ()))):
        yield Narrowing(
            place, "required", looser.get("required", []), stricter["required"], f"{_required(side)} {added}"
        )
    if "items" in looser or "items" in stricter:
        yield from _narrowings(looser.get("items", ANYTHING), stricter.get("items", ANYTHING), f"{place}[]", side)
    yield from _properties(looser, stricter, place, side)
    more, less = looser.get("additionalProperties", ANYTHING), stricter.get("additionalProperties", ANYTHING)
    for each in _narrowings(more, less, f"{place}.*", side):
        itself = (each.place, each.keyword) == (f"{place}.*", "schema")
        yield Narrowing(place, "additionalProperties", more, less) if itself else each


def _required(side: Side) -> str:
    return "asks for" if side is Side.ACCEPTED else "no longer promises"


def _properties(looser: Any, stricter: Any, place: str, side: Side) -> Iterator[Narrowing]:
    these, those = looser.get("properties", {}), stricter.get("properties", {})
    old, new = (these, those) if side is Side.ACCEPTED else (those, these)
    for name in sorted(these.keys() | those.keys()):
        if name in old and name in new:
            yield from _narrowings(these[name], those[name], f"{place}.{name}", side)
        elif name in old:
            yield Narrowing(f"{place}.{name}", "properties", *_in_order("there", "gone", side), "was removed")
        elif side is Side.GIVEN and stricter.get("additionalProperties") is False:
            yield Narrowing(f"{place}.{name}", "properties", *_in_order("ruled out", "there", side))
        elif side is Side.GIVEN:
            yield from _narrowings(these[name], stricter.get("additionalProperties", ANYTHING), f"{place}.{name}", side)


def _in_order(old: str, new: str, side: Side) -> tuple[str, str]:
    return (old, new) if side is Side.ACCEPTED else (new, old)
