"""Where one JSON Schema refuses what another takes, without references: the heart of contract_changes."""

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
    """Whose data a schema describes. Callers may go on sending what they sent, and bear what they bore."""

    ACCEPTED = "refuses what was accepted"
    GIVEN = "gives what was never given"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A keyword at which the stricter schema takes less. `verdict` is set where that is not the whole story."""

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
"""What the formats of numbers hold. `double` is for numbers in general: it may round, which no caller minds."""
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
    """What a schema is made of that says nothing but that; else itself."""
    return list(schema["anyOf"]) if schema.keys() - ANNOTATIONS == {"anyOf"} else [schema]


def _is_taken(looser: Schema, alternatives: Iterable[Schema], place: str, side: Side) -> bool:
    return any(not list(_narrowings(looser, each, place, side)) for each in alternatives)


def _is_text_taken(looser: Mapping[str, Any], stricter: Mapping[str, Any]) -> bool:
    """Whether both are about text only, and it is proven that the stricter one takes all that the looser one takes."""
    return is_same(looser, stricter) or _is_taken_by(json.dumps(looser), json.dumps(stricter))


@cache
def _is_taken_by(looser: str, stricter: str) -> bool:
    """As JSON, so that what many places refer to is proven once."""
    try:
        return refused_text(json.loads(looser), json.loads(stricter)) is None
    except NotText:
        return False


def _verdict(keyword: str, looser: Any, stricter: Any) -> str | None:
    """None if the stricter value is not stricter after all; "" if it is; else what there is to say of the change."""
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
    """Whether the stricter value takes all that the looser one takes."""
    if keyword in LOWER_BOUNDS:
        return bool(stricter <= looser)
    if keyword in UPPER_BOUNDS:
        return bool(stricter >= looser)
    if keyword == "type":
        return types_of(looser) <= types_of(stricter)
    return keyword == "uniqueItems" and not stricter


def _holds(looser: Mapping[str, Any], number_format: Any) -> bool:
    """Whether a format of numbers has room for all that the looser schema allows by its bounds."""
    kinds = ("integer", "number") if number_format == "double" else ("integer",)
    if number_format not in RANGES or looser.get("type") not in kinds:
        return False
    least, most = RANGES[number_format]
    return bool(looser.get("minimum", -inf) >= least and looser.get("maximum", inf) <= most)


def _branches(looser: Any, stricter: Any, keyword: str, place: str, side: Side) -> Iterator[Narrowing]:
    """One by one, in their order. Another number of branches is beyond this comparison."""
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
